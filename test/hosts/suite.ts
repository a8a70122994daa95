/** `npm run suite`: named suites on one host, seconds after a kernel was edited (scripts/suite.mjs starts it). */
import { watch } from "node:fs";
import { join } from "node:path";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { generate, variantNames } from "../../scripts/generate.mjs";
import { bundleSuites } from "./bundle.ts";
import { runProcess } from "./child.ts";
import { findFolders, root } from "./folders.ts";
import { type HostName, hostNames, planRun, type Run, variantOf } from "./hosts.ts";
import { type DeviceChoice, type GpuLimits, gpuLimits, type Report } from "./runner.ts";
import type { CaseNames } from "./protocol.ts";
import { selectCases, UnknownSuiteError } from "./select.ts";

interface Flags {
  readonly device?: DeviceChoice["prefer"];
  readonly host: HostName;
  readonly threads: number;
  readonly worker?: boolean;
  readonly limits?: GpuLimits;
  readonly watch?: boolean;
  readonly list?: boolean;
}

const count = (word: string): number => {
  const value = Number(word);
  if (!Number.isInteger(value) || value < 1 || value > 64) throw new InvalidArgumentError("expected 1 to 64");
  return value;
};

const command = new Command("npm run suite --")
  .description("Runs the suites whose cases' names match, after building what they need.")
  .argument("[pattern...]", "parts of names or regular expressions: nn/crop, 'lattice/.*: d = 5'; all without one")
  .addOption(new Option("--device <kind>", "wasm or webgpu; both without it").choices(["wasm", "webgpu"]))
  .addOption(new Option("--host <name>", "where to run").choices([...hostNames]).default("node"))
  .option("--threads <n>", "threads of WASM", count, 1)
  .option("--worker", "WASM in a worker, and that alone")
  .addOption(
    new Option("--limits <kind>", "WebGPU alone, on a device of these limits in place of its adapter's").choices([
      ...gpuLimits,
    ]),
  )
  .option("--watch", "run again whenever a source changes")
  .option("--list", "print the names of the cases and run nothing")
  .exitOverride()
  .showSuggestionAfterError();

/** Folders whose files make a difference to a suite. */
const sourceFolders = ["kernels", "assembly", "src", "test", "bench"];

const milliseconds = (value: number): string => `${value.toFixed(0)} ms`.padStart(9);

/** Builds, selects and runs; prints every case. Returns how many failed. */
async function runOnce(patterns: readonly string[], flags: Flags): Promise<number> {
  const began = performance.now();
  const devices = devicesOf(flags);
  // Suites on WebGPU compare with WASM on one thread, and the suite `determinism` all variants with each other.
  const wanted =
    patterns.length === 0 || patterns.some((pattern) => pattern.includes("determinism"))
      ? variantNames
      : devices.map((device) => variantOf(flags.host, device === "wasm" ? flags.threads : 1));
  const stale = await generate(wanted);
  await bundleSuites();
  const only = selectCases(await listNames(), patterns);
  if (flags.list) {
    for (const name of only) console.log(name);
    return 0;
  }
  let failed = 0;
  for (const prefer of devices) {
    failed += await runOn(
      planRun(
        flags.host,
        prefer === "wasm" ? { prefer, threads: flags.threads, worker: flags.worker } : { prefer, limits: flags.limits },
      ),
      only,
    );
  }
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  const total = only.length * devices.length;
  console.log(`\n${failed === 0 ? "passed" : "FAILED"}: ${total - failed} of ${total} cases, ${seconds} s`);
  if (failed > 0 && stale.length > 0) {
    console.log(`Not built, as only cases that open several devices want them: ${stale.join(", ")} (npm run build).`);
  }
  return failed;
}

function devicesOf({ device, worker, limits }: Flags): readonly DeviceChoice["prefer"][] {
  if (device) return [device];
  if (worker) return ["wasm"];
  return limits ? ["webgpu"] : ["wasm", "webgpu"];
}

async function listNames(): Promise<readonly string[]> {
  let names: readonly string[] = [];
  const program = { path: process.execPath, flags: [], environment: {} };
  await runProcess(program, { folders: findFolders() }, (value) => (names = (value as CaseNames).cases));
  return names;
}

/** Runs these cases and prints each as it ends. Returns how many failed or were not reached. */
async function runOn(run: Run, only: readonly string[]): Promise<number> {
  const passed = new Set<string>();
  const show = (report: Report): void => {
    if (report.event === "device") console.log(`\n${run.name} (${report.info.name}, ${report.info.variant})`);
    if (report.event !== "end") return;
    console.log(`${report.error === undefined ? " " : "✗"}${milliseconds(report.milliseconds)}  ${report.name}`);
    if (report.error === undefined) passed.add(report.name);
    else console.log(indent(report.error));
  };
  await run.start(show, only).catch((error: unknown) => console.log(indent(`${run.name}: ${String(error)}`)));
  return only.length - passed.size;
}

const indent = (text: string): string => text.replace(/^/gm, "            ");

/** Runs again after every change, once things have been quiet for a moment. Never returns. */
async function runAndWatch(patterns: readonly string[], flags: Flags): Promise<never> {
  let wake = (): void => {};
  let quiet: NodeJS.Timeout | undefined;
  const changed = (): void => {
    clearTimeout(quiet);
    quiet = setTimeout(() => wake(), 100);
  };
  for (const folder of sourceFolders) watch(join(root, folder), { recursive: true }, changed);
  for (;;) {
    const change = new Promise<void>((resolve) => (wake = resolve));
    // A kernel that does not compile is what the next change may mend.
    await runOnce(patterns, flags).catch((error: unknown) => console.log(`FAILED: ${describe(error)}`));
    console.log(`Waiting for a change in ${sourceFolders.join(", ")}.`);
    await change;
  }
}

const describe = (error: unknown): string => (error instanceof Error ? error.message : String(error));

async function main(): Promise<number> {
  try {
    command.parse();
    const flags = command.opts<Flags>();
    if (flags.watch) return await runAndWatch(command.args, flags);
    return (await runOnce(command.args, flags)) === 0 ? 0 : 1;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2; // Commander has printed it
    console.error(`suite: ${describe(error)}`);
    return error instanceof UnknownSuiteError ? 2 : 1;
  }
}

process.exitCode = await main();
