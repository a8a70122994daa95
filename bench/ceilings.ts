import { arithmetic, copy } from "../build/kernels.ts";
import type { Device } from "../src/device/device.ts";
import { Workspace } from "../src/device/workspace.ts";
import { type Length, repeat, type Stopwatch } from "./stopwatch.ts";

/** A copy: the bytes that one run reads and writes, and how fast it does so at best. */
export interface Copy {
  readonly bytes: number;
  readonly gigabytesPerSecond: number;
}

/** What the device was seen to do at best, in this run of the benchmark. */
export interface Ceilings {
  /** From what stays in the second-level cache to what is far beyond any, by size. */
  readonly copies: readonly Copy[];
  /** GFLOP/s of float32 multiply-adds in registers, two operations each. */
  readonly gigaflopsPerSecond: number;
}

const mebibyte = 2 ** 20;

export async function measureCeilings(device: Device, stopwatch: Stopwatch, length: Length): Promise<Ceilings> {
  const { hardware, threads } = device.info;
  const copies: Copy[] = [];
  for (const bytes of hardware ? [8, 32, 128, 512] : [threads / 2, 8, 32, 128]) {
    copies.push(
      await measureCopy(device, stopwatch, length, Math.min(bytes * mebibyte, 2 * device.limits.bindingBytes)),
    );
  }
  return { copies, gigaflopsPerSecond: await arithmeticRate(device, stopwatch, length) };
}

/** The least milliseconds that `bytes` and `operations` can take: a copy of about as many bytes, or multiply-adds. */
export function leastTime({ copies, gigaflopsPerSecond }: Ceilings, bytes: number, operations: number): number {
  const distance = (copy: Copy): number => Math.abs(Math.log(copy.bytes / Math.max(bytes, 1)));
  const { gigabytesPerSecond } = copies.reduce((best, copy) => (distance(copy) < distance(best) ? copy : best));
  return Math.max(bytes / gigabytesPerSecond, operations / gigaflopsPerSecond) / 1e6;
}

/** Small copies so often in a row that their starts hardly count. */
async function measureCopy(device: Device, stopwatch: Stopwatch, length: Length, bytes: number): Promise<Copy> {
  using workspace = new Workspace(device);
  const [values, result] = [workspace.zeros(bytes / 2), workspace.zeros(bytes / 2)];
  const count = bytes / 32;
  const runs = Math.ceil((32 * mebibyte) / bytes);
  const queue = (): void => {
    for (let run = 0; run < runs; run++) device.run(copy, { values, result, count });
  };
  const { least } = await repeat(() => stopwatch.time(queue), length);
  return { bytes, gigabytesPerSecond: (bytes * runs) / least / 1e6 };
}

async function arithmeticRate(device: Device, stopwatch: Stopwatch, length: Length): Promise<number> {
  using workspace = new Workspace(device);
  const count = device.info.hardware ? 2 ** 20 : 2 ** 14;
  const rounds = 1024;
  const result = workspace.zeros(count * 4);
  const queue = (): void => device.run(arithmetic, { result, count, rounds, a: 0.5, b: 1 });
  const { least } = await repeat(() => stopwatch.time(queue), length);
  return (count * rounds * 24) / least / 1e6;
}
