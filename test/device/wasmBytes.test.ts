import { readFile } from "node:fs/promises";
import { array, assert, asyncProperty, constantFrom, tuple } from "fast-check";
import { expect, test } from "vitest";
import { differences } from "../../scripts/differences.mjs";
import { variantNames } from "../../scripts/generate.mjs";
import { patched, wasmBytes } from "../../src/device/wasmBytes.ts";
import { root } from "../hosts/folders.ts";

test.each(variantNames)("the module %s is carried byte by byte", async (name) => {
  const file = await readFile(`${root}build/wasm/${name}.wasm`);
  expect(Buffer.from(await wasmBytes(name)).equals(file)).toBe(true);
});

test("runs, and what is between them, may be longer than a number of 16 bits", async () => {
  const numbers = Buffer.from(Uint32Array.from({ length: 20_000 }, (_, i) => i * 0x9e3779b1).buffer);
  const source = Buffer.concat([numbers, Buffer.alloc(7)]);
  const others = Buffer.from(Uint32Array.from({ length: 10_000 }, (_, i) => i * 0x85ebca6b + 5).buffer);
  for (const target of [Buffer.concat([numbers, others]), Buffer.concat([others, numbers]), others]) {
    const result = await patched(new Uint8Array(source), new Uint8Array(differences(source, target)));
    expect(Buffer.from(result).equals(target)).toBe(true);
  }
});

test("whatever two arrays of bytes are, one is put together from the other and what differs", async () => {
  const pieces = ["", "a", "abcdefghi", "ababababababababab", "0123456789abcdef", "\0\xff"];
  const bytes = array(constantFrom(...pieces)).map((parts) => Buffer.from(parts.join(""), "latin1"));
  await assert(
    asyncProperty(tuple(bytes, bytes), async ([source, target]) => {
      const result = await patched(new Uint8Array(source), new Uint8Array(differences(source, target)));
      expect(Buffer.from(result).equals(target)).toBe(true);
    }),
  );
});
