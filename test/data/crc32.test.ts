import { crc32 as reference } from "node:zlib";
import { expect, test } from "vitest";
import { crc32 } from "../../src/data/crc32.ts";

test("CRC-32 is that of zlib, of no byte, of every byte and of many", () => {
  const many = Uint8Array.from({ length: 10_001 }, (_, i) => (i * i * 31 + (i >> 3)) & 255);
  for (const bytes of [new Uint8Array(), ...Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte)), many]) {
    expect(crc32(bytes)).toBe(reference(bytes));
  }
  expect(crc32(new TextEncoder().encode("123456789"))).toBe(0xcbf43926); // the check value of its definition
});
