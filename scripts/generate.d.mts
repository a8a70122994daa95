/** One of the WebAssembly builds: `DeviceInfo.variant` on WASM. */
export type Variant = "plain" | "plainShared" | "relaxed" | "relaxedShared";
export const variantNames: readonly Variant[];
export function generate(wanted?: readonly Variant[]): Promise<Variant[]>;
