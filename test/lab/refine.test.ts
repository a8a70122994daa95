import { open } from "crf-rnn";
import { expect, test } from "vitest";
import { commandOf, programOf } from "../../lab/src/rooms/refine/code.ts";
import { valuesWithin } from "../../lab/src/rooms/refine/layerOptions.ts";
import { Drawing, nothing } from "../../lab/src/rooms/refine/drawing.ts";
import { RefineService } from "../../lab/src/rooms/refine/service.ts";

const picture = (drawing: Drawing): string[] =>
  Array.from({ length: drawing.height }, (_, y) =>
    [...drawing.labels.subarray(y * drawing.width, (y + 1) * drawing.width)]
      .map((label) => (label === nothing ? "." : String(label)))
      .join(""),
  );

/** One change. */
function change(drawing: Drawing, work: () => unknown): void {
  drawing.begin();
  work();
  drawing.end();
}

test("strokes are round, as wide as the pen, and end at the picture's edge", () => {
  const drawing = new Drawing(9, 7);
  change(drawing, () => drawing.stroke({ x: 2.5, y: 3.5 }, { x: 20, y: 3.5 }, 1.5, 1));
  expect(picture(drawing)).toEqual([
    ".........",
    ".........",
    ".11111111",
    ".11111111",
    ".11111111",
    ".........",
    ".........",
  ]);
  expect(drawing.stroke({ x: 50, y: 50 }, { x: 60, y: 60 }, 3, 1)).toBeUndefined();
});

test("a click with the finest pen draws one pixel", () => {
  const drawing = new Drawing(5, 3);
  change(drawing, () => drawing.stroke({ x: 2.4, y: 1.6 }, { x: 2.4, y: 1.6 }, 0.5, 0));
  expect(drawing.count()).toBe(1);
  expect(picture(drawing)[1]).toBe("..0..");
});

test("fill stays within its outline, and recolors what was drawn", () => {
  const drawing = new Drawing(7, 5);
  const outline = [
    [1, 1],
    [5, 1],
    [5, 3],
    [1, 3],
    [1, 1],
  ].map(([x, y]) => ({ x: x! + 0.5, y: y! + 0.5 }));
  change(drawing, () => outline.slice(1).forEach((to, i) => drawing.stroke(outline[i]!, to, 0.5, 1)));
  change(drawing, () => drawing.fillRegion({ x: 3.5, y: 2.5 }, 2));
  expect(picture(drawing)).toEqual([".......", ".11111.", ".12221.", ".11111.", "......."]);
  change(drawing, () => drawing.fillRegion({ x: 1.5, y: 1.5 }, 0));
  expect(picture(drawing)).toEqual([".......", ".00000.", ".02220.", ".00000.", "......."]);
  expect(drawing.fillRegion({ x: -1, y: 2 }, 1)).toBeUndefined();
});

test("similar colors hang together and differ by no more than the tolerance", () => {
  const gray = [10, 12, 14, 40, 12, 10];
  const pixels = Uint8ClampedArray.from(gray.flatMap((value) => [value, value, value, 255]));
  const drawing = new Drawing(6, 1);
  change(drawing, () => drawing.fillColor({ x: 0.5, y: 0.5 }, 3, pixels, 4));
  expect(picture(drawing)).toEqual(["333..."]);
});

test("undo and redo go through every change, to the label", () => {
  const drawing = new Drawing(20, 20);
  const states = [drawing.labels.slice()];
  const changes = [
    () => drawing.stroke({ x: 3, y: 3 }, { x: 15, y: 9 }, 2, 1),
    () => drawing.stroke({ x: 3, y: 12 }, { x: 15, y: 9 }, 4, 0),
    () => drawing.fillRegion({ x: 0, y: 19 }, 2),
    () => drawing.replace((label) => (label === 2 ? nothing : label)),
    () => drawing.replace(() => nothing),
  ];
  for (const work of changes) {
    change(drawing, work);
    states.push(drawing.labels.slice());
  }
  for (const state of states.slice(0, -1).reverse()) {
    drawing.undo();
    expect(drawing.labels).toEqual(state);
  }
  expect(drawing.canUndo).toBe(false);
  expect(drawing.undo()).toBeUndefined();
  for (const state of states.slice(1)) {
    drawing.redo();
    expect(drawing.labels).toEqual(state);
  }
  expect(drawing.canRedo).toBe(false);
  drawing.undo();
  change(drawing, () => drawing.stroke({ x: 1, y: 1 }, { x: 1, y: 1 }, 1, 1));
  expect(drawing.canRedo).toBe(false);
});

test("what changes nothing is no step of undo, and what goes with a change goes back with it", () => {
  const drawing = new Drawing(4, 4);
  change(drawing, () => drawing.replace(() => nothing));
  expect(drawing.canUndo).toBe(false);
  const told: string[] = [];
  drawing.begin();
  drawing.end({ undo: () => told.push("undo"), redo: () => told.push("redo") });
  drawing.undo();
  drawing.redo();
  expect(told).toEqual(["undo", "redo"]);
});

test("code names every number, and scores in place of a drawing", () => {
  const values = {
    thetaAlpha: 61,
    thetaBeta: 7,
    thetaGamma: 2.5,
    bilateralWeight: 9,
    spatialWeight: 4,
    iterations: 6,
    normalization: "symmetric",
    temperature: 1,
    compatibility: [-1, 0.5, 0, -1],
    confidence: 0.8,
  } as const;
  expect(commandOf({ values, classes: 2, scored: false }).replaceAll(/\s*\\\n\s*/g, " ")).toBe(
    "npx crf-rnn refine photograph.png --annotation drawing.png --classes 2 --confidence 0.8 --theta-alpha 61 --theta-beta 7 " +
      "--theta-gamma 2.5 --bilateral-weight 9 --spatial-weight 4 --iterations 6 --normalize symmetric " +
      "--compatibility compatibility.npy --out refined.png",
  );
  expect(commandOf({ values, classes: 2, scored: true })).toContain("--logits scores.npy");
  expect(programOf({ values, classes: 2, scored: true })).toContain('decodeNpy(await readFile("scores.npy")');
});

test("parameters that were found become the sliders' values, as far as these reach", () => {
  const range = [1, 100] as const;
  const names = ["thetaAlpha", "thetaBeta", "thetaGamma", "bilateralWeight", "spatialWeight"] as const;
  const more = { iterations: range, temperature: [0.1, 10] } as const;
  const filters = Object.fromEntries(names.map((name) => [name, range])) as Record<
    (typeof names)[number],
    typeof range
  >;
  const ranges = { ...filters, ...more };
  const found = {
    iterations: 5,
    normalization: "symmetric",
    bilateral: { position: 250, color: 0.5, weight: 7 },
    spatial: { position: 2, weight: 3 },
    temperature: 20,
  } as const;
  expect(valuesWithin(found, ranges)).toEqual({
    thetaAlpha: 100,
    thetaBeta: 1,
    thetaGamma: 2,
    bilateralWeight: 7,
    spatialWeight: 3,
    iterations: 5,
    temperature: 10,
    normalization: "symmetric",
  });
  const { temperature: _, ...without } = found;
  expect(valuesWithin(without, ranges).temperature).toBe(1);
});

test("scores that were given are divided by the temperature, and what is drawn is as sure as it is said to be", async () => {
  using device = await open({ prefer: "wasm", threads: 1 });
  using service = new RefineService(device);
  service.show({ data: new Uint8ClampedArray(8), width: 2, height: 1 });
  service.give({ data: Float32Array.of(4, -2, 1, 3), classes: 2 });
  const filters = { thetaAlpha: 10, thetaBeta: 10, thetaGamma: 3, bilateralWeight: 1, spatialWeight: 1 };
  const values = { ...filters, iterations: 1, normalization: "after", compatibility: [], confidence: 0.9 } as const;
  const scoresAt = (temperature: number, labels: readonly number[]) =>
    service.scoresOf({ classes: 2, values: { ...values, temperature }, labels: Uint8Array.from(labels) });
  expect([...scoresAt(4, [nothing, nothing])]).toEqual([1, -0.5, 0.25, 0.75]);
  expect([...scoresAt(1, [nothing, nothing])]).toEqual([4, -2, 1, 3]);
  const [first, second, ground, drawn] = scoresAt(4, [nothing, 1]);
  expect([first, second]).toEqual([1, -0.5]);
  expect(drawn! - ground!).toBeCloseTo(Math.log(0.9 / 0.1), 5);
});
