/** What a parameter of a room may be, in an address too. */
export type Value = number | string | boolean | readonly number[];
export type Values = Readonly<Record<string, Value>>;

/** What an address may say: the choices for text, the range for a number or for each of a list. */
export type Limits<Defaults extends Values> = {
  readonly [Name in keyof Defaults]?: Defaults[Name] extends string
    ? readonly Defaults[Name][]
    : readonly [least: number, most: number];
};

/** The parameters that differ from their defaults, as text. */
export function encode(values: Values, defaults: Values): [string, string][] {
  return Object.entries(values)
    .map(([name, value]): [string, string] => [name, textOf(value)])
    .filter(([name, text]) => defaults[name] !== undefined && text !== textOf(defaults[name]));
}

/** Parameters from text, the default where it says nothing, and a sentence about everything that it says wrongly. */
export function decode<Defaults extends Values>(
  search: URLSearchParams,
  defaults: Defaults,
  limits: Limits<Defaults> = {},
): { readonly values: Defaults; readonly complaints: string[] } {
  const complaints: string[] = [];
  const values: Record<string, Value> = { ...defaults };
  for (const [name, text] of search) {
    const usual = Object.hasOwn(defaults, name) ? defaults[name] : undefined;
    if (usual === undefined) {
      complaints.push(`The address names “${name}”, which this room does not know.`);
      continue;
    }
    const value = valueOf(text, usual);
    const limit = limits[name] as readonly string[] | readonly [number, number] | undefined;
    if (value !== undefined && isWithin(value, limit)) values[name] = value;
    else {
      const expected = expectation(usual, limit);
      complaints.push(`The address says ${name}=${text}, expected ${expected}; it is ${textOf(usual)} as usual.`);
    }
  }
  return { values: values as Defaults, complaints };
}

function textOf(value: Value): string {
  if (typeof value === "boolean") return value ? "yes" : "no";
  return typeof value === "object" ? value.join(",") : String(value);
}

function expectation(usual: Value, limit: readonly (string | number)[] | undefined): string {
  if (typeof usual === "boolean") return "yes or no";
  if (typeof usual === "string") return limit ? `one of ${limit.join(", ")}` : "text";
  const kind = typeof usual === "object" ? "numbers with commas between them" : "a number";
  return limit ? `${kind}, from ${limit[0]} to ${limit[1]}` : kind;
}

function isWithin(value: Value, limit: readonly (string | number)[] | undefined): boolean {
  if (!limit || typeof value === "boolean") return true;
  if (typeof value === "string") return limit.includes(value);
  const [least = -Infinity, most = Infinity] = limit as readonly number[];
  return [value].flat().every((number) => number >= least && number <= most);
}

function valueOf(text: string, like: Value): Value | undefined {
  if (typeof like === "string") return text;
  if (typeof like === "boolean") return { yes: true, no: false }[text];
  const numbers = text === "" ? [] : text.split(",").map(Number);
  if (numbers.some((number) => !Number.isFinite(number))) return undefined;
  if (typeof like === "object") return numbers;
  return numbers.length === 1 ? numbers[0] : undefined;
}
