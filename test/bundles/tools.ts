import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { root } from "../hosts/folders.ts";
import { type Project, useProject } from "./project.ts";

/** Where installTools.ts installs them, before the tests of `npm run test:slow`. */
export const tools = `${root}.cache/tools/`;

/** A project that finds the tools' packages by Node's rules. */
export const useTools = (): Project => useProject(async () => tools);

/** A module among the tools; there are no types of it where they are not installed. */
export const importTool = (name: string): Promise<never> =>
  import(pathToFileURL(createRequire(tools).resolve(name)).href) as Promise<never>;

/** The program of a package among the tools. */
export const toolProgram = (name: string): string => `${tools}node_modules/.bin/${name}`;
