/** One module as what differs from another. */
export interface Patch {
  /** The other one's name. */
  readonly from: string;
  /**
   * Three numbers a run of bytes that are the other's: how far it begins behind the end of the run before, its length, and how
   * many bytes of `fresh` follow.
   */
  readonly runs: readonly number[];
  /** Bytes that the other one has not, in base64. */
  readonly fresh: string;
}

/**
 * The bytes of one of the four builds, which a page loads when it first asks for them. None of a build that is stale
 * (scripts/generate.mjs).
 */
export async function wasmBytes(name: string): Promise<Uint8Array<ArrayBuffer>> {
  const { patches, whole } = await import("../../build/wasm.ts");
  if (name === whole.name) return await inflate(bytesOf(whole.deflated));
  const patch = patches[name];
  return patch ? await patched(await wasmBytes(patch.from), patch) : new Uint8Array();
}

/** Called by `wasmBytes` and its test. */
export async function patched(
  source: Uint8Array<ArrayBuffer>,
  { runs, fresh }: Pick<Patch, "runs" | "fresh">,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = bytesOf(fresh);
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for (let i = 0, place = 0, taken = 0; i < runs.length; i += 3) {
    const [behind, length, count] = runs.slice(i, i + 3) as [number, number, number];
    const from = place + behind;
    place = from + length;
    parts.push(source.subarray(from, place), bytes.subarray(taken, (taken += count)));
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
