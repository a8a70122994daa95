export interface Bytes {
  readonly minified: number;
  readonly gzipped: number;
}
export type Size = Readonly<Record<"whole" | "WebAssembly" | "WGSL" | "JavaScript", Bytes>>;
export function sizeOf(names?: string): Promise<Size>;
export function sentence(size: Size): string;
export const sentencePattern: RegExp;
/** The pages that may have the sentence. */
export const pages: readonly string[];
