import { orderDigit } from "../../build/kernels.ts";
import { performInTurns, type Work } from "../../src/device/work.ts";
import { Workspace } from "../../src/device/workspace.ts";
import { keyWords } from "../../src/lattice/embed.ts";
import { orderVertices } from "../../src/lattice/order.ts";
import { Memory, taken } from "../memory.ts";
import { type Case, check, type Random, random, same } from "../suite.ts";
import { readWords } from "./tables.ts";

/** Different keys whose coordinates w_i lie within `reach` of the middle, of this many images. */
function differentKeys(numbers: Random, vertices: number, d: number, images: number, reach: number): Uint32Array[] {
  const keys = new Map<string, Uint32Array>();
  while (keys.size < vertices) {
    const halves = new Uint16Array(keyWords(d) * 2);
    for (let i = 0; i < d; i++) halves[i] = 32768 - reach + numbers.integer(2 * reach + 1);
    halves[d] = numbers.integer(d + 1) | (numbers.integer(images) << 4);
    keys.set(halves.join(), new Uint32Array(halves.buffer));
  }
  return [...keys.values()];
}

/** The fields of a key, from the highest to the lowest: image, coordinates, and the remainder. */
function fieldsOf(key: Uint32Array, d: number): number[] {
  const halves = new Uint16Array(key.buffer);
  return [halves[d]! >> 4, ...halves.subarray(0, d), halves[d]! & 15];
}

/** The order by as many of the fields as 64 bits have room for, and then of first touch; and whether that is all of them. */
function expectedOrder(fields: readonly number[][], images: number): { order: number[]; whole: boolean } {
  let room = 64 - Math.ceil(Math.log2(images));
  let kept = 1;
  for (; kept < fields[0]!.length; kept++) {
    const values = fields.map((row) => row[kept]!);
    const isRemainder = kept === fields[0]!.length - 1;
    room -= isRemainder ? 4 : Math.ceil(Math.log2(Math.max(...values) - Math.min(...values) + 3));
    if (room < 0) break;
  }
  const compare = (a: number, b: number): number => {
    const field = fields[a]!.findIndex((value, i) => i < kept && value !== fields[b]![i]);
    return field < 0 ? a - b : fields[a]![field]! - fields[b]![field]!;
  };
  return { order: [...fields.keys()].sort(compare), whole: kept === fields[0]!.length };
}

export const cases: Case[] = (
  [
    [1, 1, 30_000],
    [2, 3, 200],
    [3, 1, 2],
    [5, 1, 100],
    [5, 5, 32_000],
    [15, 1, 4],
    [15, 2, 4],
    [15, 2, 3000],
  ] as const
).map(([d, images, reach]) => ({
  name: `d = ${d}, ${images} images, coordinates within ±${reach}: on WASM in the order of keys, on WebGPU of first touch`,
  async run(device) {
    for (const vertices of [1, 63, 64, 65, 5000]) {
      if (d === 3 && vertices > 500) continue;
      using memory = new Memory(device);
      using workspace = new Workspace(device);
      const keys = differentKeys(random(vertices), vertices, d, images, reach);
      const slots = Uint32Array.from({ length: 16_384 }, (_, slot) => (slot < vertices ? slot + 1 : 0));
      const [stored, table] = [memory.of(Uint32Array.from(keys.flatMap((key) => [...key]))), memory.of(slots)];
      // Taken over by the callee, which frees what it replaces.
      const vertexKeys = workspace.allocate(stored.bytes);
      device.copy(stored, vertexKeys);
      const perform = <Result>(work: Work<Result>): Promise<Result> => performInTurns(device, work, async () => {});
      const given = { vertexKeys, slots: table, capacity: 16_384 };
      const before = device.bytes;
      // Keys as they were embedded are kept for who asks for them.
      const keep = vertices === 64;
      const extent = { vertices, dimensions: d, images, ...(keep && { keep }) };
      let largest = 0;
      const watch = device.observe({
        before: ({ kernel, args }) => {
          if (kernel === orderDigit) largest = Math.max(largest, args.digitMask as number);
        },
      });
      const result = await orderVertices(device, workspace, given, extent, perform);
      watch[Symbol.dispose]();
      check(largest < 4096 && largest > 0 === (device.kind === "wasm"), `digits up to ${largest}`);
      const what = `${vertices} vertices`;
      const fields = keys.map((key) => fieldsOf(key, d));
      const wasm = expectedOrder(fields, images);
      const expected = device.kind === "wasm" ? wasm : { order: [...keys.keys()], whole: false };
      const place = (await readWords(device, table)).slice(0, vertices).map((held) => held - 1);
      same(
        expected.order.map((from) => place[from]!),
        [...keys.keys()],
        `${what}: slots`,
      );
      check((result.packing !== undefined) === expected.whole, `${what}: packed`);
      const words = await readWords(device, result.vertexKeys);
      if (expected.whole) {
        const packed = new BigUint64Array(words.buffer);
        check(packed.length === vertices, `${what}: ${packed.length} packed keys`);
        for (let i = 1; i < vertices; i++) check(packed[i - 1]! < packed[i]!, `${what}: packed key ${i}`);
      }
      const embedded = expected.whole ? result.embedded : result.vertexKeys;
      check(keep === (result.embedded !== undefined) || result.embedded === result.vertexKeys, `${what}: embedded`);
      const ordered = Uint32Array.from(expected.order.flatMap((from) => [...keys[from]!]));
      if (embedded) same(await readWords(device, embedded), ordered, `${what}: keys`);
      const kept = taken(
        device,
        [...new Set([result.vertexKeys, ...(embedded ? [embedded] : [])])].map((one) => one.bytes),
      );
      check(
        device.bytes - before === kept - taken(device, [stored.bytes]),
        `${what}: ${device.bytes - before} bytes more`,
      );
    }
  },
}));
