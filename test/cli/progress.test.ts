import { afterEach, expect, test, vi } from "vitest";

/** What is printed while the clock goes on by so many milliseconds between two stages. */
async function printed(environment: string, milliseconds: readonly number[]): Promise<string[]> {
  vi.stubEnv("CRF_RNN_PROGRESS", environment);
  vi.useFakeTimers();
  vi.resetModules();
  const lines: string[] = [];
  vi.spyOn(process.stderr, "write").mockImplementation((text) => lines.push(String(text)) > 0);
  const { startProgress } = await import("../../src/cli/progress.ts");
  using progress = startProgress({ device: "auto" } as never, milliseconds.length);
  for (const time of milliseconds) {
    vi.advanceTimersByTime(time);
    progress.stage("working");
    progress.step();
  }
  return lines;
}

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

test("what takes less than a second prints nothing, what takes longer a line now and then", async () => {
  expect(await printed("", [0, 500, 499])).toEqual([]);
  expect(await printed("", [0, 999, 1, 3000, 2000, 4999])).toEqual(["working (2 of 6)\n", "working (4 of 6)\n"]);
});

test("of work whose parts are known late, their number is told then", async () => {
  vi.stubEnv("CRF_RNN_PROGRESS", "");
  vi.useFakeTimers();
  vi.resetModules();
  const lines: string[] = [];
  vi.spyOn(process.stderr, "write").mockImplementation((text) => lines.push(String(text)) > 0);
  const { startProgress } = await import("../../src/cli/progress.ts");
  using progress = startProgress({ device: "auto" } as never, 7);
  progress.stage("by bands");
  vi.advanceTimersByTime(1000);
  progress.at(3, 40);
  vi.advanceTimersByTime(5000);
  progress.at(9, 32);
  expect(lines).toEqual(["by bands (3 of 40)\n", "by bands (9 of 32)\n"]);
});

test("the environment can ask for none", async () => {
  expect(await printed("never", [0, 10_000, 100_000])).toEqual([]);
});
