/** What of `target` is not in `source`: see `Patch` in src/device/wasmBytes.ts. */
export function differences(source: Buffer, target: Buffer): Buffer;
