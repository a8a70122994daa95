import { join } from "node:path";
import { expect, test } from "vitest";
import { asCommonJs, esbuild, vite } from "./bundlers.ts";
import { describePage } from "./page.ts";
import { describeServer } from "./server.ts";
import { outcomeInPage } from "./program.ts";
import { useProject } from "./project.ts";

const project = useProject();

describePage("esbuild", project, esbuild());
describePage("Vite", project, vite);

test("one script by esbuild, which is no module, has every thread and the bits of Node", async () => {
  const { folder, plain } = project;
  expect(await esbuild({ format: "iife" })(folder, "script", "program.js")).toEqual([]);
  const type = "text/javascript";
  const outcome = await outcomeInPage(join(folder, "script"), "program.js", { isolated: true, type });
  expect(outcome).toEqual({ ...plain, threads: outcome.processors, processors: outcome.processors });
});

test.each([
  ["index.js", true],
  ["crf-rnn.min.js", true],
  ["crf-rnn.min.js", false],
])("a page without a bundler finds %s by an import map, isolated: %s", async (file, isolated) => {
  const library = `node_modules/crf-rnn/dist/${file}`;
  const outcome = await outcomeInPage(project.folder, "program.js", { isolated, library });
  const { processors } = outcome;
  const threads = isolated ? { threads: processors } : { threads: 1, variant: "relaxed" };
  expect(outcome).toEqual({ ...project.plain, ...threads, processors });
});

describeServer("esbuild", project, esbuild({ platform: "node" }));
describeServer("esbuild, in CommonJS", project, esbuild({ platform: "node", format: "cjs" }), asCommonJs);
