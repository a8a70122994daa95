import { BufferUsage, MapMode } from "./flags.ts";
import type { Timed } from "./base.ts";

/** Times compute passes by WebGPU's timestamp queries, for as many passes as one submission may have. */
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

  /** What the next pass writes when it begins and ends, of which `timed` hears. */
  next(timed: Timed): GPUComputePassTimestampWrites {
    this.#queries ??= this.#gpu.createQuerySet({ type: "timestamp", count: 2 * this.#most });
    const first = 2 * (this.#timed.push(timed) - 1);
    return { querySet: this.#queries, beginningOfPassWriteIndex: first, endOfPassWriteIndex: first + 1 };
  }

  /**
   * Records the reading of the times of this submission's passes, if any is timed; gives what is to be called after it is
   * submitted, and resolves once everybody has heard.
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
