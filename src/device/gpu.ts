/** Entries that were made, kept for ever, because Node's binding crashes when the object that `create` returns is collected. */
const made = new Map<string, Promise<GPU | undefined>>();

/** Whether WebGPU comes from npm's `webgpu` here (Dawn), as in Node. */
export const isDawn = (): boolean => !globalThis.navigator?.gpu && globalThis.process?.versions?.node !== undefined;

/**
 * The entry point of npm's `webgpu` with these flags, made once; undefined where the package is not installed.
 * @param again Distinguishes entries of the same flags that were made in different environments.
 */
export function createGpu(flags: readonly string[], again = ""): Promise<GPU | undefined> {
  const key = [again, ...flags].join("\n");
  if (!made.has(key)) made.set(key, create(flags));
  return made.get(key)!;
}

async function create(flags: readonly string[]): Promise<GPU | undefined> {
  // A name that no bundler can compute, so that none follows it or leaves it out: Turbopack and Bun see through a constant.
  // It is looked for at run time, from where this module, or the bundle that it is in, lies.
  const name = ["web", "gpu"].join("");
  return import(/* @vite-ignore */ /* webpackIgnore: true */ /* turbopackIgnore: true */ name).then(
    // Rounding a GPU's clock to 65 µs protects pages from each other; here it would only blur measurements.
    ({ create }: { create(flags: string[]): GPU }) =>
      create(["disable-dawn-features=timestamp_quantization", ...flags]),
    () => undefined,
  );
}

/** `navigator.gpu`, or in Node the entry point of npm's `webgpu` (Dawn), if it is installed. */
export async function findGpu(): Promise<GPU | undefined> {
  return isDawn() ? createGpu([]) : globalThis.navigator?.gpu;
}
