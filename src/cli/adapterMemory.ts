import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { totalmem } from "node:os";

/** What tells the memory of an adapter: its model and vendor, and how many of the same model are listed before it. */
export interface MemoryQuestion {
  readonly name: string;
  readonly vendor: string;
  readonly hardware: boolean;
  readonly before: number;
}

/** The sources of what WebGPU does not tell; a test has others. */
export const sources = {
  /** Lines `model, MiB` of NVIDIA's tool, in the order of the bus; empty without it. */
  nvidia(): string {
    const words = ["--query-gpu=name,memory.total", "--format=csv,noheader,nounits"];
    try {
      return execFileSync("nvidia-smi", words, {
        encoding: "utf8",
        timeout: 10_000,
        stdio: ["ignore", "pipe", "ignore"],
      });
    } catch {
      return "";
    }
  },
  /** The bytes of each GPU whose kernel driver tells them (AMD's), in the order of the bus. */
  amd(): number[] {
    const folder = "/sys/bus/pci/devices";
    try {
      return readdirSync(folder)
        .sort()
        .flatMap((address) => {
          try {
            return [Number(readFileSync(`${folder}/${address}/mem_info_vram_total`, "utf8"))];
          } catch {
            return [];
          }
        });
    } catch {
      return [];
    }
  },
  machine: totalmem,
};

/**
 * The bytes of memory that an adapter has; those of the machine for adapters that share it. Undefined where nothing tells them: WebGPU itself
 * does not.
 */
export function memoryOf(
  { name, vendor, hardware, before }: MemoryQuestion,
  { nvidia, amd, machine } = sources,
): number | undefined {
  if (!hardware || /apple/i.test(vendor)) return machine();
  if (/nvidia/i.test(vendor + name)) {
    const rows = nvidia()
      .trim()
      .split("\n")
      .map((row) => row.split(", "));
    const same = rows.filter(([model]) => model === name);
    const mebibytes = Number(same[before]?.[1]);
    return mebibytes > 0 ? mebibytes * 2 ** 20 : undefined;
  }
  return /amd|radeon/i.test(vendor + name) ? amd()[before] : undefined;
}
