import type { Device } from "../src/device/device.ts";
import type { Kernel } from "../src/kernel.ts";
import type { Workload } from "./workload.ts";

/** What a kernel cannot do without, and how the library comes to run it; one in each `<name>.bench.ts`. */
export interface Floor<Arguments extends object> {
  readonly kernel: Kernel<Arguments>;
  /** In words: which arguments the bytes are. */
  readonly moves: string;
  /** Bytes that one run must move: each byte of memory that it needs counted once, however often it is gathered. */
  readonly bytes: (args: Arguments) => number;
  /** In words: what the operations are. */
  readonly computes: string;
  /** Floating-point operations of one run, those on padding lanes included; a multiply-add is two, exp is one. */
  readonly operations: (args: Arguments) => number;
  /** Runs, through the library, what runs this kernel on a photograph. The largest run is the one that is measured. */
  readonly queue: (workload: Workload, device: Device) => unknown;
}

/** `kernels/lattice/blur.wgsl` → `lattice/blur` */
export const kernelName = ({ file }: { readonly file: string }): string => file.replace(/^kernels\/|\.wgsl$/g, "");

/** Infers a floor's argument names from its kernel. */
export const floor = <Arguments extends object>(declared: Floor<Arguments>): Floor<Arguments> => declared;
