/** One module as what differs from another. */
export interface Patch {
  /** The other one's name. */
  readonly from: string;
  /**
   * Deflated, in base64. Numbers of 16 bits: how many of them follow, and three for each run of bytes that are the other's, which are how far it
   * begins behind the end of the run before, its length, and how many bytes that the other has not follow on it; then those bytes.
   */
  readonly deflated: string;
}

/**
 * The bytes of one of the four builds, which a page loads when it first asks for them. None of a build that is stale
 * (scripts/generate.mjs).
 */
export async function wasmBytes(name: string): Promise<Uint8Array<ArrayBuffer>> {
  const { patches, whole } = await import("../../build/wasm.ts");
  if (name === whole.name) return await inflate(bytesOf(whole.deflated));
  const patch = patches[name];
  return patch ? await patched(await wasmBytes(patch.from), await inflate(bytesOf(patch.deflated))) : new Uint8Array();
}

/** Called by `wasmBytes` and its test. */
export async function patched(
  source: Uint8Array<ArrayBuffer>,
  patch: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const [numbers] = new Int16Array(patch.buffer, 0, 1) as unknown as [number];
  const runs = new Int16Array(patch.buffer, 2, numbers);
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for (let i = 0, place = 0, taken = 2 + 2 * numbers; i < numbers; i += 3) {
    const [behind, length, count] = runs.subarray(i, i + 3) as unknown as [number, number, number];
    const from = place + behind;
    place = from + length;
    parts.push(source.subarray(from, place), patch.subarray(taken, (taken += count)));
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

/**
 * Node and Deno inflate at once: their streams, which pages have to take, cost 29 ms when they are first used, half of the
 * time of `open`.
 */
async function inflate(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const zlib = globalThis.process?.getBuiltinModule?.("node:zlib");
  if (zlib) return new Uint8Array(zlib.inflateSync(bytes));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** The bytes of base64. */
export function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  const characters = atob(base64);
  const bytes = new Uint8Array(characters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
  return bytes;
}
