import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crfRnn, open, softmax } from "crf-rnn";
import type { ElementHandle } from "puppeteer";
import { afterAll, describe, expect, test } from "vitest";
import { encodeRgbPng } from "../../src/data/png.ts";
import { scoresOf } from "../../lab/src/rooms/inside/iteration/scores.ts";
import { features } from "../reference/crf.ts";
import { exactGauss } from "../reference/gauss.ts";
import { embedPoint, referenceFilter, referenceLattice } from "../reference/lattice.ts";
import { random } from "../suite.ts";
import { type Lab, type LabPage, type View, visitLab } from "./visit.ts";

/** A picture small enough for SwiftShader, larger than a lattice's triangles, and with an edge. */
const [width, height] = [40, 30];
const count = width * height;
const noise = random(3).array(count * 3, -12, 12);
const colors = Uint8Array.from({ length: count * 3 }, (_, i) => {
  const [x, y] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
  const base = x + y / 3 > 24 ? [206, 190, 90] : [52, 74 + 2 * y, 130];
  return Math.round(base[i % 3]! + noise[i]!);
});
const folder = await mkdtemp(join(tmpdir(), "inside-"));
const file = join(folder, "made.png");
await writeFile(file, encodeRgbPng(height, width, colors));
afterAll(() => rm(folder, { recursive: true, force: true }));

const values = (color: number) => ({ values: Float64Array.from(colors), channels: 3, color });

/** The room with the picture of these tests. */
class Inside {
  readonly lab: LabPage;
  constructor(lab: LabPage) {
    this.lab = lab;
  }

  static async open(lab: Lab, parameters: string, view?: View): Promise<Inside> {
    const room = new Inside(await lab.open(`#inside?${parameters}`, view));
    await room.settle();
    const input = (await room.lab.page.$(".inside input[type=file]")) as ElementHandle<HTMLInputElement>;
    await input.uploadFile(file);
    await room.settle();
    return room;
  }

  get page() {
    return this.lab.page;
  }

  /** Waits until every answer that was asked for is there, and shown. */
  async settle(): Promise<void> {
    const frames = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))";
    await this.page.evaluate(frames);
    await this.page.waitForSelector(".inside[data-waiting=false]", { timeout: 120_000 });
    await this.page.evaluate(frames);
  }

  /** The cells of the table on view, row by row. */
  table(): Promise<string[][]> {
    return this.page.$$eval(".inside-table tbody tr", (rows) =>
      rows.map((row) => [...row.querySelectorAll("td")].map(({ innerText }) => innerText.trim())),
    );
  }

  text(selector: string): Promise<string> {
    return this.page.$eval(selector, (element) => (element as HTMLElement).innerText.replace(/\s+/g, " "));
  }

  async choose(name: string, value: string): Promise<void> {
    await this.page.$eval(`.inside input[type=radio][value="${value}"]${name}`, (input) => input.click());
    await this.settle();
  }

  /** Presses keys on the picture. */
  async keys(...keys: readonly string[]): Promise<void> {
    await this.page.focus(".inside-pick");
    for (const key of keys) await this.page.keyboard.press(key as "Enter");
    await this.settle();
  }

  /** The chosen pixel. */
  async pixel(): Promise<{ x: number; y: number; pixel: number }> {
    const aside = await this.page.$$eval(".panel-aside", (all) => all.map(({ textContent }) => textContent).join());
    const [, x, y] = /x (\d+), y (\d+)/.exec(aside)!.map(Number);
    return { x: x!, y: y!, pixel: y! * width + x! };
  }

  async set(label: string, text: string): Promise<void> {
    const selector = `input.entry[aria-label^="${label}"]`;
    await this.page.click(selector, { count: 3 });
    await this.page.keyboard.type(text);
    await this.page.keyboard.press("Enter");
    await this.settle();
  }

  async check(): Promise<void> {
    expect(this.lab.complaints).toEqual([]);
    expect(await this.lab.notices()).toEqual([]);
  }
}

const numbers = (cells: readonly string[]): number[] => cells.map((cell) => Number(cell.replace("−", "-")));
const percentOf = (text: string): number => Number(text.replace(/[^\d.]/g, "")) / 100;

/** Fails unless numbers are those that are shown, to the last digit but one rounding. */
function expectShown(shown: readonly number[], wanted: readonly number[], digit: number): void {
  expect(shown.length).toBe(wanted.length);
  wanted.forEach((value, i) => expect(Math.abs(shown[i]! - value), `${shown.join()} is not ${wanted.join()}`).toBeLessThan(0.51 * digit + 2e-4)); // prettier-ignore
}

/** The plane: weights, splat, all blurs and the slice of one point, by keys alone, against the reference. */
async function followPlane(room: Inside): Promise<void> {
  await room.set("Bandwidth θγ", "5.3");
  // The points that stand there at first are taken away, and one is set; then a pixel beside it is chosen.
  await room.page.evaluate(() => [...document.querySelectorAll("button")].find((b) => b.textContent === "No points")!.click()); // prettier-ignore
  await room.keys("Enter", "ArrowLeft", "ArrowLeft", "ArrowLeft", "ArrowUp");
  const { x, y, pixel } = await room.pixel();
  const source = pixel + 3 + width;
  const { values: places } = features([height, width], 5.3);
  const lattice = referenceLattice(places, 2);
  const signal = Float64Array.from({ length: count }, (_, i) => (i === source ? 1 : 0));
  const { keys, weights } = embedPoint([places[2 * pixel]!, places[2 * pixel + 1]!]);
  const first = await room.table();
  expect(first.map(([coordinates]) => coordinates)).toEqual(
    keys.map(([a, b]) => `(${[a!, b!, -a! - b!].join(", ").replaceAll("-", "−")})`),
  );
  expectShown(numbers(first.map((row) => row[1]!)), weights, 0.001);
  expect(await room.text(".inside-simplex p")).toContain(
    `x/θγ = ${(x / 5.3).toFixed(2)} and y/θγ = ${(y / 5.3).toFixed(2)}`,
  );

  let held = new Float64Array(lattice.keys.length);
  lattice.simplices[source]!.forEach((vertex, r) => (held[vertex]! += lattice.weights[source]![r]!));
  const own = lattice.simplices[pixel]!;
  await room.choose("", "splat");
  expectShown(numbers((await room.table()).map((row) => row[2]!)), own.map((vertex) => held[vertex]!), 0.001); // prettier-ignore
  for (const axis of [0, 1, 2]) {
    const before = held;
    const at = (vertex: number): number => before[vertex] ?? 0;
    held = held.map((value, vertex) => value + 0.5 * lattice.neighbors[axis]![vertex]!.reduce((sum, one) => sum + at(one), 0)); // prettier-ignore
    await room.choose("", `blur${axis}`);
    const rows = await room.table();
    expectShown(numbers(rows.map((row) => row[0]!)), own.map((vertex) => before[vertex]!), 0.001); // prettier-ignore
    expectShown(numbers(rows.map((row) => row[2]!)), own.map((vertex) => held[vertex]!), 0.001); // prettier-ignore
  }
  await room.choose("", "slice");
  const result = referenceFilter(lattice, signal, 1)[pixel]!;
  const exact = exactGauss(places, 2, signal, 1, false)[pixel]!;
  expectShown(numbers([await room.text("[data-result]"), await room.text("[data-exact]")]), [result, exact], 0.001);
  await room.page.click(".inside input[role=switch]");
  await room.settle();
  const normalized = referenceFilter(lattice, signal, 1, { normalization: "after" })[pixel]!;
  expectShown(numbers([await room.text("[data-normalized]")]), [normalized], 0.001);
}

/** Five dimensions: the simplex, and the footprint where the pointer is, against the reference. */
async function followColor(room: Inside): Promise<void> {
  await room.choose("", "color");
  for (const [filter, d] of [
    ["bilateral", 5],
    ["spatial", 2],
  ] as const) {
    await room.choose("", filter);
    if (filter === "bilateral") await room.set("Position θα", "11.7");
    if (filter === "bilateral") await room.set("Color θβ", "23.1");
    const { values: points } = features([height, width], d === 5 ? 11.7 : 6, d === 5 ? values(23.1) : undefined);
    const lattice = referenceLattice(points, d);
    const { pixel } = await room.pixel();
    const { weights } = embedPoint(Array.from({ length: d }, (_, i) => points[pixel * d + i]!));
    expectShown(numbers((await room.table()).map((row) => row[0]!)), weights, 0.001);
    expect((await room.text(".figures")).replace(/\u202f/g, "")).toContain(`Vertices ${lattice.keys.length}`);

    const alone = Float64Array.from({ length: count }, (_, i) => (i === pixel ? 1 : 0));
    const row = referenceFilter(lattice, alone, 1, { normalization: "after", transpose: true });
    const exactOf = (at: number) => exactGauss(points, d, alone.map((_, i) => Number(i === at)), 1, true)[pixel]!; // prettier-ignore
    const box = (await (await room.page.$(".inside-pick"))!.boundingBox())!;
    for (const [dx, dy] of [
      [0, 0],
      [2, 1],
      [-3, 2],
      [6, -4],
    ] as const) {
      const [u, v] = [(pixel % width) + dx, Math.floor(pixel / width) + dy];
      await room.page.mouse.move(box.x + ((u + 0.5) / width) * box.width, box.y + ((v + 0.5) / height) * box.height);
      await room.settle();
      const at = v * width + u;
      expect(await room.text(".inside-legend")).toContain(`x ${u}, y ${v}:`);
      const shown = await room.page.$$eval(".inside-legend b", (all) => all.map(({ innerText }) => innerText));
      const digit = (share: number): number => (share < 0.001 ? 1e-5 : share < 0.01 ? 1e-4 : 1e-3);
      for (const [text, share] of [
        [shown[0]!, row[at]!],
        [shown[1]!, exactOf(at)],
      ] as const) {
        expect(Math.abs(percentOf(text) - share), `${text} at ${u}, ${v} is not ${share}`).toBeLessThan(digit(share));
      }
    }
    const common = percentOf((await room.text(".figures dd")).trim());
    expect(common).toBeGreaterThan(0.6);
    expect(common).toBeLessThanOrEqual(1);
  }
  await room.choose("", "bilateral");
  await room.page.click(".inside-corner");
  await room.settle();
  expect(await room.text(".inside-corner-text")).toContain("Vertex 0 has the coordinates (");
}

/** One iteration: every row of the table, against the library's own layer in Node. */
async function followIteration(room: Inside): Promise<void> {
  await room.choose("", "iteration");
  await room.set("Position θα", "11.7");
  await room.set("Color θβ", "23.1");
  const device = await open({ prefer: "wasm", threads: 1 });
  try {
    using scope = device.scope();
    const pixels = Uint8ClampedArray.from({ length: count * 4 }, (_, i) => (i % 4 === 3 ? 255 : colors[3 * Math.floor(i / 4) + (i % 4)]!)); // prettier-ignore
    const { data, classes } = await scoresOf(device, { width, height, pixels });
    const layer = scope.add(
      crfRnn(device, {
        classes,
        warnings: false,
        bilateral: { position: 11.7, color: 23.1 },
        spatial: { position: 6 },
      }),
    );
    const [unary, guide] = [scope.tensor([height, width, classes], data), scope.tensor([height, width, 3], colors)];
    for (const iteration of [1, 3]) {
      const logits = await layer(unary, guide, { iterations: iteration });
      const [wanted, probable] = [await logits.read(), await softmax(logits).read()];
      const { pixel } = await room.pixel();
      const rows = await room.table();
      const of = (all: Float32Array) => Array.from(all.subarray(pixel * classes, (pixel + 1) * classes));
      expectShown(numbers(rows[7]!), of(data), 0.01);
      expectShown(numbers(rows[8]!), of(wanted), 0.01);
      expectShown(numbers(rows[9]!), of(probable), 0.01);
      // The message is the sum of both weighted filters, and the cost its opposite.
      const [spatial, bilateral, message, cost] = rows.slice(3, 7).map(numbers);
      expectShown(message!, spatial!.map((value, i) => value + bilateral![i]!), 0.02); // prettier-ignore
      expectShown(cost!, message!.map((value) => -value), 0.001); // prettier-ignore
      if (iteration === 1) {
        await room.page.focus(".inside-iterations input");
        await room.page.keyboard.press("ArrowRight");
        await room.page.keyboard.press("ArrowRight");
        await room.settle();
        expect(await room.text(".inside-iterations")).toContain("Iteration 3 of 10");
      }
    }
  } finally {
    device.dispose();
  }
}

describe("the room Look inside", () => {
  test(
    "shows the numbers of the float64 reference on WebAssembly with one thread, by keys alone",
    { timeout: 300_000 },
    () =>
      visitLab({ isolated: false }, async (lab) => {
        const room = await Inside.open(lab, "device=wasm");
        await followPlane(room);
        await room.lab.screenshot("inside-plane-wide-light");
        await followColor(room);
        await followIteration(room);
        await room.check();
      }),
  );

  test("shows them on WebGPU, too", { timeout: 600_000 }, () =>
    visitLab({ webgpu: true }, async (lab) => {
      const room = await Inside.open(lab, "device=webgpu", { size: [900, 700] });
      await followColor(room);
      await followIteration(room);
      await room.check();
    }),
  );

  test("is usable at all sizes, in both schemes, with threads, and moves nothing by itself", { timeout: 600_000 }, () =>
    visitLab({ isolated: true }, async (lab) => {
      const sizes = { narrow: [360, 740], medium: [900, 700], wide: [1440, 900] } as const;
      for (const [name, size] of Object.entries(sizes)) {
        for (const view of ["plane", "color", "iteration"]) {
          const room = new Inside(
            await lab.open(`#inside?view=${view}&step=slice`, { size, touch: name === "narrow" }),
          );
          await room.settle();
          for (const scheme of ["light", "dark"] as const) {
            await room.lab.dress(scheme);
            await room.settle();
            await room.lab.screenshot(`inside-${view}-${name}-${scheme}`);
            expect(await room.lab.barriers()).toEqual([]);
          }
          expect(await room.lab.shifts()).toBeLessThan(0.01);
          expect(await room.page.evaluate("document.documentElement.scrollWidth")).toBe(size[0]);
          await room.check();
          await room.page.close();
        }
      }
    }),
  );

  test("plays its steps, with motion and without, and tells what is no picture", { timeout: 300_000 }, () =>
    visitLab({}, async (lab) => {
      const room = await Inside.open(lab, "theta=6&points=0.5,0.5", { size: [1100, 800] });
      const chosenStep = () => room.page.$eval(".inside-player :checked", (input) => (input as HTMLInputElement).value);
      await room.page.click(".inside-player .button-primary");
      expect(await chosenStep()).toBe("splat");
      await room.page.waitForSelector('.inside-player input[value="slice"]:checked', { timeout: 60_000 });
      await room.page.waitForSelector('.inside-player button[aria-label^="Play"]', { timeout: 5000 });
      expect(await room.lab.shifts()).toBeLessThan(0.01);

      // Without motion a step is there at once: two frames later the canvas shows nothing else than after a while.
      await room.page.emulateMediaFeatures([{ name: "prefers-reduced-motion", value: "reduce" }]);
      const drawn = () => room.page.$eval(".inside-drawing", (canvas) => (canvas as HTMLCanvasElement).toDataURL());
      await room.choose("", "blur0");
      await room.choose("", "blur1");
      const atOnce = await drawn();
      await new Promise((done) => setTimeout(done, 1200));
      expect(await drawn()).toBe(atOnce);

      // A press on the picture chooses a pixel, and sets a point where that was asked for.
      const box = (await (await room.page.$(".inside-pick"))!.boundingBox())!;
      const before = await room.pixel();
      await room.page.mouse.click(box.x + 0.7 * box.width, box.y + 0.6 * box.height);
      await room.settle();
      expect(await room.pixel()).not.toEqual(before);
      await room.choose("", "points");
      await room.page.mouse.click(box.x + 0.6 * box.width, box.y + 0.4 * box.height);
      await room.page.waitForFunction(() => /points=0.5,0.5,0\.\d+,0\.\d+/.test(location.hash), { timeout: 5000 });
      await room.check();

      const broken = join(folder, "broken.png");
      await writeFile(broken, "no picture");
      const input = (await room.page.$(".inside input[type=file]")) as ElementHandle<HTMLInputElement>;
      await input.uploadFile(broken);
      await room.settle();
      expect(await room.lab.notices()).toEqual(["Error: “broken.png” is no picture that this browser can read."]);
      expect(room.lab.complaints).toEqual([]);
    }),
  );
});
