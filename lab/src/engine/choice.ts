/** What the reader asks for: the package's `open` takes the same. Left out, `threads` is every processor. */
export interface DeviceChoice {
  readonly prefer: "auto" | "webgpu" | "wasm";
  readonly threads?: number;
  /** `plain`: WebAssembly without relaxed SIMD, whose bits are those of Node 20. */
  readonly simd?: "plain";
}

/** What the page tells about the device that a room computes on. */
export interface DeviceFacts {
  readonly kind: "webgpu" | "wasm";
  /** The name that the adapter or engine gives itself. */
  readonly name: string;
  /** False for adapters that run on the processor, and for WebAssembly. */
  readonly hardware: boolean;
  readonly threads: number;
  /** The build of WebAssembly, or the adapter's architecture. */
  readonly variant: string;
  readonly subgroupSize?: number;
  /** Why the devices that were tried before this one could not be opened, a sentence each. */
  readonly fallbacks: readonly string[];
  /** Whether the page is cross-origin isolated, without which WebAssembly has one thread. */
  readonly isolated: boolean;
  readonly processors: number;
}
