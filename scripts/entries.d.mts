export const entries: Readonly<Record<string, { readonly source: string; readonly alone: boolean }>>;
export function importName(name: string): string;
export function packageFields(): Readonly<Record<"main" | "types" | "typesVersions" | "exports", unknown>>;
