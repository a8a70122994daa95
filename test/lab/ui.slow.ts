import { rm } from "node:fs/promises";
import { afterAll, expect, test } from "vitest";
import { builtGallery } from "./build.ts";
import { visitFolder } from "./visit.ts";

const folder = await builtGallery();

afterAll(() => rm(folder, { recursive: true, force: true }));

test("components have no barriers, at three sizes and in both schemes, and nothing moves by itself", () =>
  visitFolder(folder, {}, async (lab) => {
    for (const width of [360, 820, 1440]) {
      const { page, dress, barriers, complaints, shifts, screenshot } = await lab.open("", {
        size: [width, 900],
        touch: width < 500,
      });
      await page.waitForSelector(".chip[data-state=open]");
      for (const scheme of ["light", "dark"] as const) {
        await dress(scheme);
        await screenshot(`components-${width}-${scheme}`, { whole: true });
        expect(await barriers()).toEqual([]);
      }
      expect(await shifts()).toBe(0);
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(width);
      expect(complaints).toEqual([]);
      await page.close();
    }
  }));
