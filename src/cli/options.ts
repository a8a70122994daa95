import { InvalidArgumentError, Option, type Command } from "commander";
import type { OpenOptions } from "../device/open.ts";

/** The options of `open` that flags give. */
export type DeviceOptions = Pick<OpenOptions, "prefer" | "adapter" | "threads" | "simd">;

/** Flags that every command knows. */
export interface CommonFlags {
  readonly device: NonNullable<OpenOptions["prefer"]>;
  readonly adapter?: number | string;
  readonly threads?: number;
  readonly plainSimd?: boolean;
  readonly trace?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

export function addCommonFlags(command: Command): Command {
  return command
    .addOption(
      new Option(
        "--device <kind>",
        "auto takes a hardware WebGPU adapter, else WASM; webgpu also takes a software adapter",
      )
        .choices(["auto", "webgpu", "wasm"])
        .default("auto"),
    )
    .option(
      "--adapter <name>",
      "the WebGPU adapter of this index or name, as doctor lists them; local: one a process under mpirun or srun",
      adapter,
    )
    .option("--threads <n>", "WASM threads (default: the number of processors)", wholeNumber(1, 64))
    .option("--plain-simd", "WASM without relaxed SIMD: the same bits in every host, Node 20 and browsers for example")
    .option("--trace <file>", "write when each kernel ran and for how long, for Perfetto or chrome://tracing")
    .option("--json", "print one JSON object, and nothing else, on standard output")
    .option("--quiet", "print no summary and no progress");
}

/** What the flags ask `open` for. */
export const openOptionsOf = ({ device, adapter, threads, plainSimd }: CommonFlags): DeviceOptions => ({
  prefer: device,
  adapter,
  threads,
  simd: plainSimd ? "plain" : undefined,
});

/** An adapter's index, or a part of its name. */
const adapter = (text: string): number | string => (/^\d+$/.test(text) ? Number(text) : text);

/** Prints what a command found out: the facts with `--json`, nothing with `--quiet`, else the text. */
export function report(flags: CommonFlags, facts: object, text: string): void {
  if (flags.json) process.stdout.write(`${JSON.stringify(facts)}\n`);
  else if (!flags.quiet) process.stdout.write(`${text}\n`);
}

export function wholeNumber(least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(
      most === Number.MAX_SAFE_INTEGER
        ? `expected a whole number of ${least} or more`
        : `expected a whole number, ${least} to ${most}`,
    );
  };
}

export function positiveNumber(text: string): number {
  const value = toNumber(text);
  if (value > 0) return value;
  throw new InvalidArgumentError("expected a number above 0");
}

/** A number given with a decimal point, or the path of a `.npy` file. */
export function numberOrArray(text: string): number | string {
  if (text.toLowerCase().endsWith(".npy")) return text;
  const value = toNumber(text);
  if (!Number.isNaN(value)) return value;
  throw new InvalidArgumentError("expected a number or a .npy file");
}

export function threeNumbers(text: string): [number, number, number] {
  const values = text.split(",").map(toNumber);
  if (values.length === 3 && !values.some(Number.isNaN)) return values as [number, number, number];
  throw new InvalidArgumentError("expected three numbers with commas between, blue,green,red");
}

/** NaN for anything but a finite decimal number. */
export function toNumber(text: string): number {
  const value = text.trim() === "" ? NaN : Number(text);
  return Number.isFinite(value) ? value : NaN;
}
