/** One of the WebAssembly builds: `DeviceInfo.variant` on WASM. */
export type Variant = "plain" | "plainShared" | "relaxed" | "relaxedShared";
export const variantNames: readonly Variant[];
export function generate(wanted?: readonly Variant[]): Promise<Variant[]>;

/** The text of a script that defines the global `work`, with plugins of esbuild. */
export function bundleWorker(plugins?: readonly import("esbuild").Plugin[]): Promise<string>;
