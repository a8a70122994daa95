import { crfRnn, type Device, open, softmax } from "crf-rnn";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FootprintMaker } from "../../lab/src/rooms/inside/color/footprint.ts";
import { StageMaker } from "../../lab/src/rooms/inside/iteration/stages.ts";
import { planeOf } from "../../lab/src/rooms/inside/plane/plane.ts";
import { activation, features, lattices, transform } from "../reference/crf.ts";
import { exactGauss } from "../reference/gauss.ts";
import { blurAxis, embedPoint, referenceFilter, referenceLattice, slice, splat } from "../reference/lattice.ts";
import { close, random } from "../suite.ts";

const [width, height] = [17, 13];
const count = width * height;
const tolerance = { absolute: 2e-5, relative: 2e-5 };

/** A small picture of smooth colors with some noise, and a class for every pixel. */
function makePicture() {
  const noise = random(5).array(count * 3, -9, 9);
  const pixels = new Uint8ClampedArray(count * 4).fill(255);
  const truth = new Uint8Array(count);
  for (let pixel = 0; pixel < count; pixel++) {
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    truth[pixel] = x > 9 ? 2 : y > 6 ? 1 : 0;
    const base = [40 + 60 * truth[pixel]!, 190 - 8 * x, 60 + 9 * y];
    for (let c = 0; c < 3; c++) pixels[pixel * 4 + c] = base[c]! + noise[pixel * 3 + c]!;
  }
  return { width, height, pixels, truth };
}

const picture = makePicture();
const guide = Float64Array.from({ length: count * 3 }, (_, i) => picture.pixels[4 * Math.floor(i / 3) + (i % 3)]!);
const bandwidths = { position: 7.3, color: 31, spatial: 3.7 };

let device: Device;
beforeAll(async () => {
  device = await open({ prefer: "wasm", threads: 1 });
});
afterAll(() => device.dispose());

test("in the plane every step holds what the float64 reference holds, and the result is its filter's", async () => {
  const signal = random(2).array(count, 0, 1) as Float32Array<ArrayBuffer>;
  const plane = await planeOf(device, { width, height, bandwidth: bandwidths.spatial, signal });
  const { values } = features([height, width], bandwidths.spatial);
  const lattice = referenceLattice(values, 2);
  const numbers = new Map(lattice.keys.map((key, vertex) => [key.join(), vertex]));
  const vertices = lattice.keys.length;
  expect(plane.places.length).toBe(2 * vertices);
  const numberOf = (vertex: number) => numbers.get(plane.coordinates.slice(3 * vertex, 3 * vertex + 2).join())!;
  let expected = splat(lattice, signal, 1);
  plane.held.forEach((held, step) => {
    if (step > 0) expected = blurAxis(lattice, step - 1, expected, 1);
    const wanted = Array.from({ length: vertices }, (_, vertex) => expected[numberOf(vertex)]!);
    close(held.subarray(0, vertices), wanted, tolerance, `step ${step}`);
  });
  close(plane.plain, slice(lattice, expected, 1), tolerance, "the result");
  close(plane.normalized, referenceFilter(lattice, signal, 1, { normalization: "after" }), tolerance, "normalized");
  close(plane.exact, exactGauss(values, 2, signal, 1, false), tolerance, "the exact sum");
  close(plane.exactNormalized, exactGauss(values, 2, signal, 1, true), tolerance, "the exact mean");
  // Where a vertex lies is where its corners draw it: each pixel is the mixture of its vertices' places.
  const mixed = Array.from({ length: count }, (_, pixel) =>
    [0, 1, 2].reduce(
      (sum, r) => sum + plane.weights[3 * pixel + r]! * plane.places[2 * plane.simplices[3 * pixel + r]!]!,
      0,
    ),
  );
  close(
    mixed,
    Array.from({ length: count }, (_, pixel) => pixel % width),
    { absolute: 1e-4 },
    "columns",
  );
});

describe.each(["bilateral", "spatial"] as const)("the footprint of the %s filter", (filter) => {
  const spatial = filter === "spatial";
  const position = spatial ? bandwidths.spatial : bandwidths.position;
  const guided = spatial ? undefined : { values: guide, channels: 3, color: bandwidths.color };
  const { values, dimensions: d } = features([height, width], position, guided);
  const lattice = referenceLattice(values, d);
  const pixel = 4 * width + 6;

  test("is what the filter makes of every pixel alone, and its exact twin is the Gaussian", async () => {
    using maker = new FootprintMaker(device);
    const request = { picture, filter, bandwidths: { position, color: bandwidths.color }, pixel };
    const footprint = await maker.make(request);
    const alone = (at: number) => Float64Array.from({ length: count }, (_, i) => (i === at ? 1 : 0));
    // A row of n∘K is what its transpose makes of the pixel; some places of it once more by way of the filter itself.
    const row = referenceFilter(lattice, alone(pixel), 1, { normalization: "after", transpose: true });
    close(footprint.shares, row, tolerance, "the shares");
    for (const at of [pixel, pixel + 1, pixel - width, pixel + 3 * width + 2, 0]) {
      const exact = exactGauss(values, d, alone(at), 1, true)[pixel]!;
      expect(footprint.exact[at]).toBeCloseTo(exact, 6);
      const share = referenceFilter(lattice, alone(at), 1, { normalization: "after" })[pixel]!;
      expect(footprint.shares[at]).toBeCloseTo(share, 5);
    }
    expect(footprint.exact.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 5);
    expect(footprint.vertices).toBe(lattice.keys.length);

    const { keys, weights } = embedPoint(Array.from({ length: d }, (_, i) => values[pixel * d + i]!));
    footprint.corners.forEach((corner, r) => {
      expect(corner.coordinates.slice(0, d)).toEqual(keys[r]);
      expect(corner.weight).toBeCloseTo(weights[r]!, 5);
      const vertex = lattice.simplices[pixel]![r]!;
      const touching = lattice.simplices.flatMap((simplex, point) => (simplex.includes(vertex) ? [point] : []));
      expect([...corner.pixels]).toEqual(touching);
      const beside = lattice.neighbors.map((axis) => axis[vertex]!.filter((one) => one < lattice.keys.length).length);
      expect(corner.neighbors).toEqual(beside);
    });

    // The lattice is kept: another pixel builds none.
    let kernels = 0;
    using _observation = device.observe({ before: () => void kernels++ });
    const other = await maker.make({ ...request, pixel: pixel + 1 });
    expect(kernels).toBeLessThan(d + 6);
    expect(other.shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 4);
  });
});

test("the stages of an iteration are the reference's, one by one, and the last is that of crf with T = 1", async () => {
  using maker = new StageMaker(device);
  const weights = { bilateral: 4, spatial: 2.5 };
  const request = { picture, bandwidths, weights, iteration: 1, iterations: 4 };
  const { maps, classes } = await maker.make(request);
  expect(classes).toBe(3);
  const { spatial, bilateral } = lattices([height, width], guide, 3, bandwidths);
  const diagonal = (value: number) => Float64Array.from({ length: 9 }, (_, i) => (i % 4 === 0 ? value : 0));
  const marginals = activation(maps.unary, 3);
  const filtered = [spatial, bilateral].map((one) => referenceFilter(one, marginals, 3, { normalization: "after" }));
  const weighted = [transform(filtered[0]!, diagonal(2.5), 3), transform(filtered[1]!, diagonal(4), 3)];
  const message = weighted[0]!.map((value, i) => value + weighted[1]![i]!);
  const compatibility = transform(message, diagonal(-1), 3);
  const logits = compatibility.map((value, i) => maps.unary[i]! - value);
  const expected = {
    marginals,
    spatial: filtered[0]!,
    bilateral: filtered[1]!,
    weightedSpatial: weighted[0]!,
    weightedBilateral: weighted[1]!,
    message,
    compatibility,
    logits,
    result: activation(logits, 3),
  };
  for (const [name, values] of Object.entries(expected)) {
    close(maps[name as keyof typeof expected], values, { absolute: 1e-4 }, name);
  }

  using layer = crfRnn(device, {
    classes: 3,
    warnings: false,
    bilateral: { position: bandwidths.position, color: bandwidths.color, weight: 4 },
    spatial: { position: bandwidths.spatial, weight: 2.5 },
  });
  using scope = device.scope();
  const [unary, image] = [scope.tensor([height, width, 3], maps.unary), scope.tensor([height, width, 3], guide)];
  for (const iteration of [1, 4]) {
    const inferred = await softmax(await layer(unary, image, { iterations: iteration })).read();
    const { maps: own } = await maker.make({ ...request, iteration });
    close(own.result, inferred, { absolute: 1e-4 }, `crf with T = ${iteration}`);
  }
});
