/**
 * Characters that must be escaped in a message: control characters (of terminals, of C1, of bidirectional text), line
 * separators, unpaired surrogates, and code points that Unicode has not assigned.
 */
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Cn}]/gu;

/** Characters of a name that a message shows. */
const longest = 80;

const escape = (character: string): string => {
  const code = character.codePointAt(0)!.toString(16);
  return code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, "0")}`;
};

/**
 * Untrusted text for a message or a terminal, in one line: what is no printable character is escaped, and an ellipsis stands
 * for all beyond `most` characters. Every text that comes out of a file goes through here.
 */
export function printable(text: string, most = longest): string {
  // Text beyond the limit is cut first and not examined, because a name may have megabytes. Escapes make text longer,
  // so it is cut again afterwards.
  const clean = text.slice(0, most + 1).replace(unprintable, escape);
  if (clean.length <= most && text.length <= most) return clean;
  return `${clean.slice(0, most).replace(/[\ud800-\udbff]$/, "")}…`;
}

/** As `printable`, with the end of the text kept, as suits a path. */
export function printableEnd(text: string, most = longest): string {
  const clean = text.slice(-most - 1).replace(unprintable, escape);
  if (clean.length <= most && text.length <= most) return clean;
  return `…${clean.slice(Math.max(0, clean.length - most)).replace(/^[\udc00-\udfff]/, "")}`;
}

/** Untrusted text for a message, in quotes. */
export function quote(text: string): string {
  return `'${printable(text)}'`;
}

/** An untrusted value for a message, in a few words and in bounded time, however deep or large it is. */
export function describe(value: unknown): string {
  if (typeof value === "string") return quote(value);
  if (typeof value === "number" || typeof value === "bigint") return printable(`${value}`);
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return typeof value === "object" && value !== null ? "an object" : String(value);
}

/** Names for a message: the first few, and how many there are besides. */
export function enumerate(names: readonly string[], most = 5): string {
  const shown = names.slice(0, most).map((name) => printable(name, 40));
  return names.length > most ? `${shown.join(", ")} and ${names.length - most} more` : shown.join(", ");
}
