/** One of the WebAssembly builds: `DeviceInfo.variant` on WASM. */
export type Variant = "plain" | "plainShared" | "relaxed" | "relaxedShared";
export const variantNames: readonly Variant[];
export function generate(wanted?: readonly Variant[]): Promise<Variant[]>;

/** The text of the script that workers run, with plugins of esbuild. */
export function bundleWorker(plugins?: readonly import("esbuild").Plugin[]): Promise<string>;
