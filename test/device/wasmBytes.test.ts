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
