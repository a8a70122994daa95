import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Bundler } from "./bundlers.ts";
import { type Outcome, outcomeInPage } from "./program.ts";
import type { Project } from "./project.ts";

/** What a page of Chromium and its module worker tell where threads are to be had, or where they are not. */
export function outcomeOfPage(plain: Outcome, isolated: boolean, processors: number): Outcome {
  const threads = isolated ? { threads: processors, processors } : { threads: 1, variant: "relaxed", processors };
  const alone = { ...plain, ...threads };
  return { ...alone, inWorker: alone };
}

/** The tests of a page that a bundler makes: no warning, and the bits of Node in the page and in a module worker, with and without threads. */
export function describePage(name: string, project: Project, bundle: Bundler): void {
  describe(`a page by ${name}`, () => {
    const out = name.replaceAll(/\W/g, "");

    test("is bundled without a warning", async () => {
      expect(await bundle(project.folder, out, "page.js")).toEqual([]);
    });

    test.each([
      ["every thread where it is cross-origin isolated", true],
      ["one thread where it is not", false],
    ])("has %s, in a module worker, too, and the bits of Node", async (_, isolated) => {
      const outcome = await outcomeInPage(join(project.folder, out), "page.js", { isolated });
      expect(outcome).toEqual(outcomeOfPage(project.plain, isolated, outcome.processors));
    });
  });
}
