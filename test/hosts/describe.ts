import { beforeAll, describe, expect, inject, test } from "vitest";
import type { Run } from "./hosts.ts";
import type { Report } from "./runner.ts";
import { suiteOf } from "./select.ts";

/**
 * Turns every case of every suite into a test of its own for each run. The runs go one after the other, each with the
 * cases that vitest's `-t` selects; one that cannot start, or ends before a case, fails that case's test. Cases that take
 * no device run once a host: a run on another device would repeat them.
 */
export function describeRuns(runs: readonly Run[], names: readonly string[] = inject("cases")): void {
  for (const run of runs) describe(run.name, () => describeRun(run, ownOf(run, names)));
}

/**
 * As `describeRuns` does, with the suites of one run dealt to several of it, which go at the same time, each on a device of its own: for
 * a host that waits longer than it computes.
 */
export function describeShares(run: Run, shares: number): void {
  const names = ownOf(run, inject("cases"));
  const suites = [...new Set(names.map(suiteOf))];
  for (let share = 0; share < shares; share++) {
    const own = new Set(suites.filter((_, i) => i % shares === share));
    const name = `${run.name}, share ${share + 1} of ${shares}`;
    describe.concurrent(name, () =>
      describeRun(
        { ...run, name },
        names.filter((each) => own.has(suiteOf(each))),
      ),
    );
  }
}

function ownOf(run: Run, names: readonly string[]): readonly string[] {
  const withoutDevice = new Set(inject("withoutDevice"));
  return run.runsAll ? names : names.filter((name) => !withoutDevice.has(name));
}

function describeRun(run: Run, names: readonly string[]): void {
  const reports: Report[] = [];
  let failure: unknown;

  beforeAll(async ({}, suite) => {
    const start = performance.now();
    // What `-t` leaves out is not shown, so it need not run.
    const only = suite.tasks.filter(({ mode }) => mode === "run").map(({ name }) => name);
    await run.start((report) => reports.push(report), only).catch((error: unknown) => (failure = error));
    const device = reports.find((report) => report.event === "device");
    if (!device) return;
    const { name, variant, threads } = device.info;
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    console.info(`${run.name}: ${name} (${variant}), threads: ${threads}; ${seconds} s`);
  });

  test("opens the device that was asked for", () => {
    const device = reports.find((report) => report.event === "device");
    if (!device) throw failure ?? new Error("the host ended without opening a device");
    expect(device.kind).toBe(run.choice.prefer);
    if (run.build) expect(device.info.variant).toBe(run.build);
    if (run.choice.threads) expect(device.info.threads).toBe(run.choice.threads);
  });

  for (const name of names)
    test(name, () => {
      const end = reports.find((report) => report.event === "end" && report.name === name);
      if (end?.event !== "end") throw unreached(name);
      if (end.error !== undefined) throw Object.assign(new Error(end.error), { stack: end.error });
    });

  test("ends by itself once the device is disposed", () => {
    if (failure) throw failure;
    expect(reports.at(-1)?.event).toBe("done");
  });

  function unreached(name: string): unknown {
    const last = reports.at(-1);
    if (last?.event === "start" && last.name !== name)
      return new Error(`not reached: the host ended in "${last.name}"`);
    return failure ?? new Error("not reached");
  }
}
