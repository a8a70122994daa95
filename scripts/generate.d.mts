/** One of the WebAssembly builds: `DeviceInfo.variant` on WASM. */
export type Variant = "plain" | "plainShared" | "relaxed" | "relaxedShared";
export const variantNames: readonly Variant[];
export function generate(wanted?: readonly Variant[], options?: { readonly smallest?: boolean }): Promise<Variant[]>;

export type WorkerScript = "thread" | "worker";
export const workerScriptNames: readonly WorkerScript[];

/** The text of a script that workers run, with plugins of esbuild. */
export function bundleWorkerScript(name: WorkerScript, plugins?: readonly import("esbuild").Plugin[]): Promise<string>;
