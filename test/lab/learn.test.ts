import { expect, test } from "vitest";
import { Learning, small } from "./learning.ts";
import { visitLab } from "./visit.ts";

test("Learn trains a step where the page is not isolated, and shows what came of it", () =>
  visitLab({ isolated: false }, async (lab) => {
    const { page, complaints, notices } = await lab.open(`#learn?device=wasm&${small}`);
    const learning = new Learning(page);
    await learning.ready();
    await learning.go();
    expect(await learning.summary()).toMatch(
      /^After 1 step the loss is 1\.\d\d per pixel; it was 1\.\d\d at first\. The mean IU is 0\.\d\d, and 0\.\d\d with the CRF\.$/,
    );
    expect(await page.$$(".learn-cell > span")).toHaveLength(10);
    expect(await notices()).toEqual([]);
    expect(complaints).toEqual([]);
  }));
