import { BufferUsage, MapMode } from "./flags.ts";
import type { Timed } from "./base.ts";

/** Times compute passes with WebGPU's timestamp queries, at most as many passes as one submission may have. */
export class GpuClock {
  readonly #gpu: GPUDevice;
  readonly #most: number;
  #queries: GPUQuerySet | undefined;
  #timed: Timed[] = [];

  /** `gpu` must have the feature `timestamp-query`. */
  constructor(gpu: GPUDevice, most: number) {
    this.#gpu = gpu;
    this.#most = most;
  }

  /** Returns what the next pass writes when it begins and ends; `timed` is called with both times. */
  next(timed: Timed): GPUComputePassTimestampWrites {
    this.#queries ??= this.#gpu.createQuerySet({ type: "timestamp", count: 2 * this.#most });
    const first = 2 * (this.#timed.push(timed) - 1);
    return { querySet: this.#queries, beginningOfPassWriteIndex: first, endOfPassWriteIndex: first + 1 };
  }

  /**
   * Records commands that read the times of this submission's passes, if any pass is timed. Returns a function to be
   * called after the submission, which resolves when every callback was called.
   */
  resolve(encoder: GPUCommandEncoder): (() => Promise<void>) | undefined {
    const timed = this.#timed;
    if (timed.length === 0) return undefined;
    this.#timed = [];
    const size = 16 * timed.length;
    const resolved = this.#gpu.createBuffer({ size, usage: BufferUsage.queryResolve | BufferUsage.copySource });
    const staging = this.#gpu.createBuffer({ size, usage: BufferUsage.mapRead | BufferUsage.copyDestination });
    encoder.resolveQuerySet(this.#queries!, 0, 2 * timed.length, resolved, 0);
    encoder.copyBufferToBuffer(resolved, 0, staging, 0, size);
    return async () => {
      await staging.mapAsync(MapMode.read);
      const nanoseconds = new BigUint64Array(staging.getMappedRange().slice(0));
      for (const buffer of [resolved, staging]) buffer.destroy();
      timed.forEach((tell, i) => tell(Number(nanoseconds[2 * i]!) / 1e6, Number(nanoseconds[2 * i + 1]!) / 1e6));
    };
  }

  dispose(): void {
    this.#queries?.destroy();
  }
}
