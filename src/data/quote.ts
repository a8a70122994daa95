/** Untrusted text for a message: at most 60 printable characters, in quotes. */
export function quote(text: string): string {
  const clean = text.slice(0, 60).replace(/[^ -~]/g, "?");
  return `'${clean}${text.length > 60 ? "…" : ""}'`;
}

/** An untrusted value for a message, in a few words and in bounded time, however deep or large it is. */
export function describe(value: unknown): string {
  if (typeof value === "string") return quote(value);
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return typeof value === "object" && value !== null ? "an object" : String(value);
}
