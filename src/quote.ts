/**
 * Characters that must be escaped in a message: control characters (of terminals, of C1, of bidirectional text), line
 * separators, unpaired surrogates, and code points that Unicode has not assigned.
 */
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Cn}]/gu;

/** The number of characters of a name that a message shows. */
const longest = 80;

const escape = (character: string): string => {
  const code = character.codePointAt(0)!.toString(16);
  return code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, "0")}`;
};

/**
 * Makes untrusted text fit for a message or a terminal, in one line: every character that is not printable is escaped,
 * and an ellipsis stands for all beyond `most` characters. Every text that comes out of a file goes through here.
 */
export function printable(text: string, most = longest): string {
  // Text beyond the limit is cut first and not examined, because a name may have megabytes. Escapes make text longer,
  // so it is cut again afterwards.
  const clean = text.slice(0, most + 1).replace(unprintable, escape);
  if (clean.length <= most && text.length <= most) return clean;
  return `${clean.slice(0, most).replace(/[\ud800-\udbff]$/, "")}…`;
}

/** Does what `printable` does but keeps the end of the text, as suits a path. */
export function printableEnd(text: string, most = longest): string {
  const clean = text.slice(-most - 1).replace(unprintable, escape);
  if (clean.length <= most && text.length <= most) return clean;
  return `…${clean.slice(Math.max(0, clean.length - most)).replace(/^[\udc00-\udfff]/, "")}`;
}

/** Makes untrusted text fit for a message, in quotes. */
export function quote(text: string): string {
  return `'${printable(text)}'`;
}

/** Describes an untrusted value for a message, in a few words and in bounded time, however deep or large it is. */
export function describe(value: unknown): string {
  if (typeof value === "string") return quote(value);
  if (typeof value === "number" || typeof value === "bigint") return printable(`${value}`);
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return typeof value === "object" && value !== null ? "an object" : String(value);
}

/** Lists names for a message: the first few, and how many more there are. */
export function enumerate(names: readonly string[], most = 5): string {
  const shown = names.slice(0, most).map((name) => printable(name, 40));
  return names.length > most ? `${shown.join(", ")} and ${names.length - most} more` : shown.join(", ");
}
