/**
 * Entry for hosts that are a process (Node, Deno): `process.js '<ProcessOptions as JSON>'`. Reports go to standard output,
 * one line each.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Fixtures } from "../suite.ts";
import type { Folders } from "./folders.ts";
import { type CaseNames, MARK, type ProcessOptions } from "./protocol.ts";

const options = JSON.parse(process.argv[2]!) as ProcessOptions;
const fixtures: Fixtures = {
  shared: options.folders.shared !== undefined,
  bytes: async (path) => {
    const [folder = "", ...rest] = path.split("/");
    return new Uint8Array(await readFile(join(options.folders[folder as keyof Folders] ?? folder, ...rest)));
  },
};

// The bundle stands beside this file: see bundle.ts.
const suitesFile: string = "./suites.js";
const { suites, listCases, runSuites }: typeof import("./entry.ts") = await import(suitesFile);
const print = (value: unknown): void => console.log(MARK + JSON.stringify(value));
if (options.choice === undefined) print(await nameCases());
else await runSuites(suites, { choice: options.choice, only: options.only }, fixtures, print);

async function nameCases(): Promise<CaseNames> {
  const cases = [...(await listCases(suites, fixtures))];
  const named = cases.map(([name]) => name);
  return { cases: named, withoutDevice: cases.filter(([, { run }]) => run.length === 0).map(([name]) => name) };
}
