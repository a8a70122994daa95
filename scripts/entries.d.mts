export const entries: Readonly<
  Record<string, { readonly source: string; readonly alone: boolean; readonly effect?: boolean }>
>;
export function importName(name: string): string;
export function packageFields(): Readonly<
  Record<"sideEffects" | "main" | "unpkg" | "jsdelivr" | "types" | "typesVersions" | "exports", unknown>
>;
