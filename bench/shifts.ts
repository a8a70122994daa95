/**
 * How much nearer to the Gaussian a mean over shifted lattices is, and to true slopes of bandwidths, and what it costs. The truth is
 * brute force in float64 on patches of photographs.
 *
 *   npm run bench:shifts -- --data ../shared/data [--count 6]
 *
 * The data must not be redistributed, so it lies outside the repository: see bench/upsampling.ts.
 */
import { parseArgs } from "node:util";
import { blur, blurChains, splat } from "../build/kernels.ts";
import { denseCrf } from "../src/crf/denseCrf.ts";
import type { Device } from "../src/device/device.ts";
import { openWasm } from "../src/device/wasm.ts";
import { UsageError } from "../src/errors.ts";
import { buildLattice } from "../src/lattice/lattice.ts";
import { filter } from "../src/lattice/filter.ts";
import { shiftsOf } from "../src/lattice/shifts.ts";
import { crossEntropy } from "../src/nn/crossEntropy.ts";
import { randomNumbers } from "../src/shared/random.ts";
import { Tape } from "../src/tape.ts";
import { openImages, type Sample } from "./voc/images.ts";

const side = 40;
const points = side * side;
const classes = 4;
const iterations = 5;
const weights = [3, 5] as const;
const ignore = 255;

/** θα, θβ and θγ. */
type Bandwidths = readonly [alpha: number, beta: number, gamma: number];
const names = ["θα", "θβ", "θγ"] as const;

interface Patch {
  readonly places: Float32Array;
  /** x, y and colors. */
  readonly looks: Float32Array;
  readonly unary: Float32Array;
  readonly labels: Uint8Array;
}

const table = (rows: readonly (readonly (string | number)[])[]): string => {
  const line = (cells: readonly (string | number)[]): string => `| ${cells.join(" | ")} |`;
  const [head, ...body] = rows;
  return [line(head!), line(head!.map(() => "---")), ...body.map(line)].join("\n");
};
const rms = (values: ArrayLike<number>): number =>
  Math.sqrt(Array.from(values).reduce((sum, value) => sum + value * value, 0) / values.length);
const three = (value: number): string => value.toPrecision(3);

/** A patch around the boundary of an object, with the classes that are likeliest there. */
function patchOf({ width, height, guide, unary, labels, band }: Sample): Patch {
  const near = [...band.keys()].filter((pixel) => band[pixel] === 1);
  const middle = near[near.length >> 1]!;
  const clamp = (center: number, extent: number): number => Math.max(0, Math.min(extent - side, center - side / 2));
  const [top, left] = [clamp(Math.floor(middle / width), height), clamp(middle % width, width)];
  const pixels = Array.from({ length: points }, (_, i) => (top + Math.floor(i / side)) * width + left + (i % side));
  const all = unary.length / (width * height);
  const score = new Float64Array(all);
  for (const pixel of pixels) {
    for (let c = 0; c < all; c++) score[c]! += unary[pixel * all + c]!;
    const label = labels[pixel]!;
    if (label !== ignore) score[label]! += 100; // What occurs in the truth comes first.
  }
  const chosen = [...score.keys()].sort((a, b) => score[b]! - score[a]!).slice(0, classes);
  return {
    places: Float32Array.from({ length: points * 2 }, (_, i) =>
      i % 2 === 0 ? (i >> 1) % side : Math.floor((i >> 1) / side),
    ),
    looks: Float32Array.from({ length: points * 5 }, (_, at) => {
      const [i, k] = [Math.floor(at / 5), at % 5];
      return k === 0 ? i % side : k === 1 ? Math.floor(i / side) : guide[pixels[i]! * 3 + k - 2]!;
    }),
    unary: Float32Array.from({ length: points * classes }, (_, at) => {
      return unary[pixels[Math.floor(at / classes)]! * all + chosen[at % classes]!]!;
    }),
    labels: Uint8Array.from(pixels, (pixel) => {
      const place = chosen.indexOf(labels[pixel]!);
      return place < 0 ? ignore : place;
    }),
  };
}

const divided = (rows: ArrayLike<number>, by: readonly number[]): Float32Array =>
  Float32Array.from(rows, (value, at) => value / by[at % by.length]!);
const divisors = ([alpha, beta, gamma]: Bandwidths): readonly [number[], number[]] => [
  [gamma, gamma],
  [alpha, alpha, beta, beta, beta],
];

/** exp(−½‖f_i − f_j‖²), each row divided by its sum, in float64. */
function gaussian(rows: ArrayLike<number>, by: readonly number[]): Float64Array {
  const d = by.length;
  const features = Float64Array.from(rows, (value, at) => value / by[at % d]!);
  const result = new Float64Array(points * points);
  for (let i = 0; i < points; i++) {
    let sum = 0;
    for (let j = 0; j < points; j++) {
      let square = 0;
      for (let k = 0; k < d; k++) square += (features[i * d + k]! - features[j * d + k]!) ** 2;
      sum += result[i * points + j] = Math.exp(-square / 2);
    }
    for (let j = 0; j < points; j++) result[i * points + j]! /= sum;
  }
  return result;
}

function multiplied(kernel: Float64Array, values: ArrayLike<number>): Float64Array {
  const result = new Float64Array(points * classes);
  for (let i = 0; i < points; i++) {
    for (let j = 0; j < points; j++) {
      const weight = kernel[i * points + j]!;
      for (let c = 0; c < classes; c++) result[i * classes + c]! += weight * values[j * classes + c]!;
    }
  }
  return result;
}

function softmax(x: ArrayLike<number>): Float64Array {
  const result = new Float64Array(x.length);
  for (let first = 0; first < x.length; first += classes) {
    let largest = -Infinity;
    for (let c = 0; c < classes; c++) largest = Math.max(largest, x[first + c]!);
    let sum = 0;
    for (let c = 0; c < classes; c++) sum += result[first + c] = Math.exp(x[first + c]! - largest);
    for (let c = 0; c < classes; c++) result[first + c]! /= sum;
  }
  return result;
}

/** The mean cross-entropy after mean field by brute force. */
function exactLoss({ places, looks, unary, labels }: Patch, bandwidths: Bandwidths): number {
  const [ofPlaces, ofLooks] = divisors(bandwidths);
  const kernels = [gaussian(places, ofPlaces), gaussian(looks, ofLooks)];
  let x = Float64Array.from(unary);
  for (let t = 0; t < iterations; t++) {
    const q = softmax(x);
    x = Float64Array.from(unary);
    for (const [k, kernel] of kernels.entries()) {
      multiplied(kernel, q).forEach((value, i) => (x[i]! += weights[k]! * value));
    }
  }
  const q = softmax(x);
  const counted = [...labels.keys()].filter((i) => labels[i] !== ignore);
  return counted.reduce((sum, i) => sum - Math.log(q[i * classes + labels[i]!]!) / counted.length, 0);
}

/** The slope of a loss by the logarithm of each bandwidth, by central differences. */
const slopesOf = (loss: (bandwidths: Bandwidths) => number, at: Bandwidths, step: number): number[] =>
  names.map((_, k) => {
    const [less, more] = [1 - step, 1 + step].map((factor) =>
      loss(at.map((value, i) => (i === k ? value * factor : value)) as unknown as Bandwidths),
    );
    return (more! - less!) / (2 * step);
  });

/** Loss and slopes by the logarithms of bandwidths as the lattice gives them; without shifts, of one lattice at its usual place. */
async function latticeSlopes(device: Device, patch: Patch, bandwidths: Bandwidths, shifts?: number, seed = 0) {
  using scope = device.scope();
  const crf = scope.add(
    denseCrf(device, {
      classes,
      iterations,
      shifts,
      learn: { bandwidths: true },
      filters: divisors(bandwidths).map((by, k) => ({ bandwidths: by, weight: weights[k] })),
    }),
  );
  const watched = crf.parameters.map((of) => of.bandwidths);
  const tape = scope.add(new Tape(watched));
  const unary = scope.tensor([points, classes], patch.unary);
  const features = [scope.tensor([points, 2], patch.places), scope.tensor([points, 5], patch.looks)];
  const logits = await crf(unary, features, { seed });
  const loss = crossEntropy(logits, scope.labels([points], patch.labels), { reduction: "mean" });
  const gradients = await tape.gradients(loss);
  const [ofPlaces, ofLooks] = await Promise.all(watched.map(async (of) => [...(await gradients.get(of)!.read())]));
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const [alpha, beta, gamma] = bandwidths;
  const slopes = [alpha * sum(ofLooks!.slice(0, 2)), beta * sum(ofLooks!.slice(2)), gamma * sum(ofPlaces!)];
  return { loss: (await loss.read())[0]!, slopes };
}

/** A filter's mean over lattices that lie at these places; at the usual one if there are none. */
async function filteredBy(
  device: Device,
  features: Float32Array,
  d: number,
  values: Float64Array,
  shifts: readonly ArrayLike<number>[],
) {
  using scope = device.scope();
  const result = new Float64Array(values.length);
  const map = scope.tensor([points, classes], values);
  let vertices = 0;
  for (const shift of shifts) {
    const moved = features.map((value, at) => value + shift[at % d]!);
    const lattice = scope.add(await buildLattice(scope.tensor([points, d], moved)));
    vertices += lattice.vertices;
    const one = await scope.add(filter(map, lattice, { normalization: "after" })).read();
    one.forEach((value, i) => (result[i]! += value / shifts.length));
  }
  return { result, vertices };
}

const counts = [1, 2, 4, 8, 16];
const filters: readonly { readonly d: number; readonly bandwidths: Bandwidths }[] = [
  { d: 2, bandwidths: [80, 13, 3] },
  { d: 2, bandwidths: [80, 13, 1] },
  { d: 5, bandwidths: [160, 3, 3] },
  { d: 5, bandwidths: [80, 13, 3] },
  { d: 5, bandwidths: [30, 10, 3] },
];

/** The share of a filter's values by which it differs from the Gaussian's, over patches and seeds. */
async function measureFilters(device: Device, patches: readonly Patch[]): Promise<string> {
  const rows: (string | number)[][] = [
    ["filter", "as it is", ...counts.map((n) => `n = ${n}`), "4 independent ones", "16 independent ones"],
  ];
  for (const { d, bandwidths } of filters) {
    const errors = new Map<string, number[]>();
    const note = (name: string, error: number): void => void errors.set(name, [...(errors.get(name) ?? []), error]);
    for (const [number, patch] of patches.entries()) {
      const by = divisors(bandwidths)[d === 2 ? 0 : 1];
      const rowsOf = d === 2 ? patch.places : patch.looks;
      const q = softmax(patch.unary);
      const exact = multiplied(gaussian(rowsOf, by), q);
      const scale = rms(exact);
      const features = divided(rowsOf, by);
      const errorOf = async (shifts: readonly ArrayLike<number>[]): Promise<number> => {
        const { result } = await filteredBy(device, features, d, q, shifts);
        return rms(result.map((value, i) => value - exact[i]!)) / scale;
      };
      note("0", await errorOf([new Float64Array(d)]));
      for (const n of counts) note(`n${n}`, await errorOf(shiftsOf(d, n, number)));
      for (const n of [4, 16]) {
        const draw = randomNumbers(number, n);
        note(
          `i${n}`,
          await errorOf(Array.from({ length: n }, () => Float64Array.from({ length: d }, () => 8 * draw()))),
        );
      }
    }
    const cells = ["0", ...counts.map((n) => `n${n}`), "i4", "i16"].map((name) => three(100 * rms(errors.get(name)!)));
    const name = d === 2 ? `places, ${bandwidths[2]}` : `looks, ${bandwidths[0]}/${bandwidths[1]}`;
    rows.push([name, ...cells]);
  }
  return table(rows);
}

/** How far slopes are from the true ones. */
async function measureSlopes(device: Device, patches: readonly Patch[], bandwidths: Bandwidths): Promise<string> {
  const ways: readonly (number | undefined)[] = [undefined, 1, 2, 4, 8];
  const exact: number[][] = [];
  const secants: number[][] = [];
  const gradients = ways.map(() => [] as number[][]);
  for (const [number, patch] of patches.entries()) {
    for (const [step, factor] of [0.96, 1, 1.04].entries()) {
      const at = bandwidths.map((value) => value * factor) as unknown as Bandwidths;
      exact.push(slopesOf((given) => exactLoss(patch, given), at, 0.01));
      const losses = new Map<string, number>();
      for (const k of names.keys()) {
        for (const side of [0.97, 1.03]) {
          const given = at.map((value, i) => (i === k ? value * side : value)) as unknown as Bandwidths;
          losses.set(given.join(), (await latticeSlopes(device, patch, given, 16, number)).loss);
        }
      }
      secants.push(slopesOf((given) => losses.get(given.join())!, at, 0.03));
      for (const [w, shifts] of ways.entries()) {
        gradients[w]!.push((await latticeSlopes(device, patch, at, shifts, 3 * number + step)).slopes);
      }
    }
  }
  const rows: (string | number)[][] = [
    ["", "true slope", "as it is", ...ways.slice(1).map((n) => `n = ${n}`), "slope of the loss, n = 16"],
  ];
  for (const [k, name] of names.entries()) {
    const truth = exact.map((of) => of[k]!);
    const column = (of: readonly number[][]): string => {
      const values = of.map((one) => one[k]!);
      const away = rms(values.map((value, i) => value - truth[i]!)) / rms(truth);
      const right = values.filter((value, i) => Math.sign(value) === Math.sign(truth[i]!)).length;
      return `${(100 * away).toFixed(0)} %, ${right} of ${values.length}`;
    };
    rows.push([name, three(rms(truth)), ...gradients.map(column), column(secants)]);
  }
  return table(rows);
}

/** Filters an iteration runs, and bytes, for a whole photograph of 21 classes. */
async function measureCost(sample: Sample): Promise<string> {
  const { width, height, guide, unary } = sample;
  const all = unary.length / (width * height);
  const rows: (string | number)[][] = [
    [
      "",
      "lattices",
      "splats in 5 iterations",
      "vertices' rows blurred",
      "most bytes at a time, MiB",
      "processor's seconds",
    ],
  ];
  for (const shifts of [undefined, 1, 2, 4, 8]) {
    const device = await openWasm({ threads: 1 });
    try {
      const looks = Float32Array.from({ length: width * height * 5 }, (_, at) => {
        const [i, k] = [Math.floor(at / 5), at % 5];
        return k === 0 ? i % width : k === 1 ? Math.floor(i / width) : guide[i * 3 + k - 2]!;
      });
      const places = Float32Array.from({ length: width * height * 2 }, (_, at) =>
        at % 2 === 0 ? (at >> 1) % width : Math.floor((at >> 1) / width),
      );
      const given = [device.tensor([width * height, 2], places), device.tensor([width * height, 5], looks)];
      const logits = device.tensor([height, width, all], unary);
      const crf = denseCrf(device, {
        classes: all,
        iterations,
        shifts,
        filters: divisors([80, 13, 3]).map((by, k) => ({ bandwidths: by, weight: weights[k] })),
      });
      let [splats, blurred] = [0, 0];
      const observation = device.observe({
        before: ({ kernel, args }) => {
          if (kernel === splat && Number(args.quads) > 1) splats++;
          if ((kernel === blur || kernel === blurChains) && Number(args.quads) > 1)
            blurred += Number(args.vertices) + 1;
        },
      });
      (await crf(logits, given)).dispose();
      observation[Symbol.dispose]();
      let least = Infinity;
      for (let run = 0; run < 3; run++) {
        const before = process.cpuUsage();
        (await crf(logits, given)).dispose();
        const { user, system } = process.cpuUsage(before);
        least = Math.min(least, (user + system) / 1e6);
      }
      const lattices = 2 * (shifts ?? 1);
      const name = shifts === undefined ? "as it is" : `n = ${shifts}`;
      rows.push([name, lattices, splats, blurred, (device.peakBytes / 2 ** 20).toFixed(1), least.toFixed(2)]);
    } finally {
      device.dispose();
    }
  }
  return table(rows);
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { data: { type: "string" }, count: { type: "string", default: "6" } } });
  const data = values.data ?? process.env.CRF_RNN_DATA;
  if (data === undefined) {
    throw new UsageError({ where: "bench:shifts", expected: "--data or CRF_RNN_DATA", got: "neither" });
  }
  const images = await openImages(data);
  const device = await openWasm({ threads: 1 });
  try {
    const samples: Sample[] = [];
    for (const item of images.items.slice(0, Number(values.count))) samples.push(await images.read(item));
    const patches = samples.map(patchOf);
    console.log(`## Distance from the Gaussian, in percent\n\n${await measureFilters(device, patches)}\n`);
    for (const bandwidths of [
      [30, 10, 3],
      [160, 3, 3],
    ] as const) {
      const title = `Slopes at θα = ${bandwidths[0]}, θβ = ${bandwidths[1]}, θγ = ${bandwidths[2]}`;
      console.log(`## ${title}\n\n${await measureSlopes(device, patches, bandwidths)}\n`);
    }
    const { height, width } = samples[0]!;
    console.log(`## Cost of a photograph of ${height}×${width} pixels\n\n${await measureCost(samples[0]!)}`);
  } finally {
    device.dispose();
    await images.close();
  }
}

await main();
