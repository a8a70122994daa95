import { describe, expect, test } from "vitest";
import { kernelName } from "../../bench/floor.ts";
import { allKernels, compiledKernels } from "../../bench/gpu/kernels.ts";
import { compileFor, families } from "../../bench/gpu/radv.ts";
import { chunkMultiplyAdds } from "../../bench/gpu/chunks.ts";
import { shareOf } from "../../bench/gpu/code.ts";
import { canCompile } from "../../scripts/environment.mjs";
import { root } from "../hosts/folders.ts";

/** Mesa's RADV is on Linux alone; scripts/setup.sh installs it there. */
describe.runIf(canCompile())("compiled for GPUs that are not here", () => {
  test.each(families)("no kernel and no form spills or needs scratch on %s", async (family) => {
    const { statistics, driver } = await compileFor(family, compiledKernels, root);
    expect(driver).toMatch(/radv/i);
    expect(statistics.map(({ id }) => id)).toEqual(compiledKernels.map(({ id }) => id));
    expect(compiledKernels).toHaveLength(allKernels.length + 9);
    const spilling = statistics.filter(({ spills, scratch }) => spills > 0 || scratch > 0);
    expect(spilling.map(kernelName)).toEqual([]);
    // The statistics are those of real code, whose loops were found.
    for (const { vectorRegisters, instructions } of statistics) {
      expect(vectorRegisters).toBeGreaterThan(0);
      expect(instructions).toBeGreaterThan(10);
    }
    const tiled = statistics.find(({ id }) => id === "productTiled")!;
    expect(tiled.workgroupBytes).toBeGreaterThan(0);
    expect(tiled.loops!.chunk.multiplyAdds).toBe(chunkMultiplyAdds.productTiled);
    // What there is besides multiply-adds; GCN's compiler keeps a loop in the chunk.
    expect(shareOf(tiled.loops!.innermost)).toBeGreaterThan(0.75);
    expect(shareOf(tiled.loops!.chunk)).toBeGreaterThan(family === "polaris10" ? 0.66 : 0.69);
    const small = statistics.filter(({ file }) => /\.small\b/.test(file));
    expect(small).toHaveLength(4);
    for (const { vectorRegisters } of small) expect(vectorRegisters).toBeLessThanOrEqual(64);
  });

  test("a kernel that spills is told", async () => {
    const code = spillingKernel(300);
    const bindings = [{ name: "values", access: "write", type: "array<f32>" }] as const;
    const kernel = { ...allKernels[0]!, id: "spilling", file: "kernels/spilling.wgsl", code, bindings };
    const { statistics } = await compileFor("navi31", [kernel], root);
    expect(statistics[0]!.spills + statistics[0]!.scratch).toBeGreaterThan(0);
  });
});

/** Keeps `count` numbers that all go into each other, more than an invocation has registers. */
function spillingKernel(count: number): string {
  const names = Array.from({ length: count }, (_, i) => `v${i}`);
  const loads = names.map((name, i) => `  var ${name} = values[id.x + ${i}u * count];`);
  const turns = names.map(
    (name, i) => `    ${name} = fma(${name}, ${names[(i + 7) % count]}, ${names[(i + 151) % count]});`,
  );
  const stores = names.map((name, i) => `  values[id.x + ${i}u * count] = ${name};`);
  return `
struct Params { count: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> values: array<f32>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let count = params.count;
${loads.join("\n")}
  for (var turn = 0u; turn < count; turn++) {
${turns.join("\n")}
  }
${stores.join("\n")}
}`;
}
