import { perform } from "../../src/device/work.ts";
import { Workspace } from "../../src/device/workspace.ts";
import { keyWords } from "../../src/lattice/embed.ts";
import { orderVertices } from "../../src/lattice/order.ts";
import { Memory } from "../memory.ts";
import { type Case, check, random, same } from "../suite.ts";
import { decodeKey, readWords } from "./tables.ts";

/** Fails unless `a` comes before `b` in the order of a dictionary. */
function checkBefore(a: readonly number[], b: readonly number[]): void {
  const first = a.findIndex((x, i) => x !== b[i]);
  check(first >= 0 && a[first]! < b[first]!, `[${a.join()}] before [${b.join()}]`);
}

export const cases: Case[] = [1, 2, 5].map((d) => ({
  name: `d = ${d}: on WASM keys in lexicographic order, on WebGPU in that of first touch; slots follow`,
  async run(device) {
    for (const vertices of [1, 63, 64, 65, 9000]) {
      using memory = new Memory(device);
      using workspace = new Workspace(device);
      const numbers = random(vertices);
      const size = keyWords(d);
      const keys = new Map<string, Uint32Array>();
      while (keys.size < vertices) {
        // Coordinates (d + 1)·w + r of an interval of 1024, from a multiple of 1024 on: beyond that the order wraps.
        const low = Math.ceil((32768 * (d + 1)) / 1024) * 1024;
        const halves = new Uint16Array(size * 2);
        const remainder = numbers.integer(d + 1);
        for (let i = 0; i < d; i++) {
          halves[i] = Math.ceil((low - remainder) / (d + 1)) + numbers.integer(Math.floor(1023 / (d + 1)));
        }
        halves[d] = remainder;
        if (d === 1 && keys.size > 400) halves[0] = low / 2 + 1024 + keys.size;
        keys.set(halves.join(), new Uint32Array(halves.buffer));
      }
      const given = [...keys.values()].flatMap((key) => [...key]);
      const slots = Uint32Array.from({ length: 16_384 }, (_, slot) => (slot < vertices ? slot + 1 : 0));
      const [stored, table] = [memory.of(Uint32Array.from(given)), memory.of(slots)];
      // Taken over by the callee, which frees what it replaces.
      const into = workspace.allocate(given.length * 4);
      device.copy(stored, into);
      const result = perform(
        device,
        orderVertices(device, workspace, { slots: table, capacity: 16_384 }, into, vertices, d),
      );
      const ordered = await readWords(device, result);
      const place = (await readWords(device, table)).slice(0, vertices).map((held) => held - 1);
      same(
        [...place].sort((a, b) => a - b),
        [...place.keys()],
        `${vertices} vertices: slots`,
      );
      place.forEach((to, from) => {
        const [own, expected] = [
          ordered.subarray(to * size, (to + 1) * size),
          given.slice(from * size, (from + 1) * size),
        ];
        check(own.join() === expected.join(), `${vertices} vertices: key ${from}, now ${to}`);
      });
      if (device.kind === "webgpu") same(place, [...place.keys()], "first touch");
      else if (d > 1 || vertices < 400) {
        const read = (i: number) => decodeKey(ordered.subarray(i * size, (i + 1) * size), d).coordinates;
        for (let i = 1; i < vertices; i++) checkBefore(read(i - 1), read(i));
      }
    }
  },
}));
