import { totalmem } from "node:os";
import { expect, test } from "vitest";
import { memoryOf, sources } from "../../src/cli/adapterMemory.ts";

const mebibyte = 2 ** 20;
const known = {
  nvidia: () => "NVIDIA H100 80GB HBM3, 81559\nNVIDIA A2, 15356\nNVIDIA H100 80GB HBM3, 81000\n",
  amd: () => [16 * 2 ** 30, 8 * 2 ** 30],
  machine: () => 5,
};
const gpu = (vendor: string, name: string, before = 0) => ({ vendor, name, hardware: true, before });

test("the memory of an adapter is what its vendor's tool or driver tells, by its place among equals", () => {
  const h100 = "NVIDIA H100 80GB HBM3";
  expect(memoryOf(gpu("nvidia", h100), known)).toBe(81559 * mebibyte);
  expect(memoryOf(gpu("nvidia", h100, 1), known)).toBe(81000 * mebibyte);
  expect(memoryOf(gpu("nvidia", h100, 2), known)).toBeUndefined();
  expect(memoryOf(gpu("", "NVIDIA A2"), known)).toBe(15356 * mebibyte);
  expect(memoryOf(gpu("amd", "AMD Radeon RX 7900", 1), known)).toBe(8 * 2 ** 30);
  expect(memoryOf(gpu("amd", "AMD Radeon RX 7900", 2), known)).toBeUndefined();
});

test("what shares the machine's memory has that, and what nobody tells is not guessed", () => {
  expect(memoryOf(gpu("apple", "Apple M2"), known)).toBe(5);
  expect(memoryOf({ ...gpu("mesa", "llvmpipe"), hardware: false }, known)).toBe(5);
  expect(memoryOf(gpu("intel", "Intel Arc A770M"), known)).toBeUndefined();
  expect(memoryOf(gpu("nvidia", "NVIDIA A2"), { ...known, nvidia: () => "" })).toBeUndefined();
  // A machine without such GPUs.
  expect(sources.machine()).toBe(totalmem());
  if (sources.nvidia() === "") expect(memoryOf(gpu("nvidia", "NVIDIA A2"))).toBeUndefined();
});
