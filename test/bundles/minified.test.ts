import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { asCommonJs, esbuild, vite } from "./bundlers.ts";
import { describePage } from "./page.ts";
import { describeServer } from "./server.ts";
import { outcomeInPage, outcomeInProcess } from "./program.ts";
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

describe.each([
  ["esbuild", esbuild()],
  ["Vite", vite],
])("what is about bytes, bundled by %s", (name, bundle) => {
  test("is bundled without a warning, and does in a page and in its worker what it does in Node", async () => {
    const { folder } = project;
    const out = `files-${name}`;
    expect(await bundle(folder, out, "filesPage.js")).toEqual([]);
    const here = await outcomeInProcess<Record<string, unknown>>(process.execPath, ["filesHere.js"], folder);
    expect(here).toMatchObject({ labels: true, picture: true, array: [40, 40, 3], colors: [256, 21], loaded: 1 });
    expect(here.damaged).toMatch(/^damaged\.png at byte \d+: expected the checksum of the chunk PLTE/);
    expect([here.jpeg, here.folder]).toEqual([
      expect.stringMatching(/^a\.jpg: expected the package sharp/),
      expect.stringMatching(/^no-such-folder: expected a folder, got nothing there/),
    ]);
    const { page, worker } = await outcomeInPage<Record<"page" | "worker", object>>(join(folder, out), "filesPage.js", {
      isolated: false,
    });
    const noFiles = "no-such-folder: expected a file system, as Node and Deno have, got a host without one";
    expect(page).toEqual({ ...here, folder: expect.stringContaining(noFiles) as string });
    expect(worker).toEqual(page);
  });
});

describeServer("esbuild", project, esbuild({ platform: "node" }));
describeServer("esbuild, in CommonJS", project, esbuild({ platform: "node", format: "cjs" }), asCommonJs);
