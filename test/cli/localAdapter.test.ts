import { afterEach, describe, expect, test, vi } from "vitest";
import { findChromium, vulkanEnvironment } from "../../scripts/environment.mjs";
import { adapterOfRank, withLocalAdapter } from "../../src/cli/localAdapter.ts";
import type { CommonFlags } from "../../src/cli/options.ts";

afterEach(() => void vi.unstubAllEnvs());

const listed = (...names: readonly string[]) => names.map((name, index) => ({ index, name }));
const chosen = (names: readonly string[]): number[] =>
  [0, 1, 2, 3, 4].map((rank) => adapterOfRank(listed(...names), rank));

describe("--adapter local", () => {
  test("deals equal adapters out in turn, and passes over the processor and the graphics of the board", () => {
    expect(chosen(["A100", "A100", "A100", "A100"])).toEqual([0, 1, 2, 3, 0]);
    expect(chosen(["ASPEED", "llvmpipe (LLVM 15.0.6, 256 bits)", "A100", "A100"])).toEqual([2, 3, 2, 3, 2]);
    expect(chosen(["Radeon Pro", "UHD Graphics"])).toEqual([0, 0, 0, 0, 0]);
  });

  test("takes the processor's where there is no other, and the first where there is none at all", () => {
    expect(chosen(["llvmpipe", "SwiftShader Device"])).toEqual([0, 0, 0, 0, 0]);
    expect(chosen([])).toEqual([0, 0, 0, 0, 0]);
  });

  const flags = { device: "webgpu", adapter: "local" } as CommonFlags;

  test("is an index once the launcher says which process of the machine this is", async () => {
    for (const [name, value] of Object.entries(vulkanEnvironment(await findChromium()))) vi.stubEnv(name, value);
    vi.stubEnv("SLURM_LOCALID", "3");
    expect(await withLocalAdapter(flags)).toEqual({ device: "webgpu", adapter: 0 });
    const named = { ...flags, adapter: "Radeon" };
    expect(await withLocalAdapter(named)).toBe(named);
  });

  test("is refused of a process that was started by itself", async () => {
    await expect(withLocalAdapter(flags, undefined)).rejects.toThrow(
      "--adapter local: expected a process that mpirun or srun started, as its variables tell, got one that was started by itself — name the adapter",
    );
  });
});
