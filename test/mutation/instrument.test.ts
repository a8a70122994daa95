import { readdirSync, readFileSync } from "node:fs";
import { transformSync } from "esbuild";
import { expect, test } from "vitest";
import { root } from "../hosts/folders.ts";
import { Instrumenter } from "./instrument.ts";
import { isAlike } from "./report.ts";

/** The mutants of a source, as `original → replacement`. */
function mutantsOf(source: string): string[] {
  const instrumenter = new Instrumenter();
  instrumenter.instrument("src/some.ts", source);
  return instrumenter.mutants.map(({ original, replacement }) => `${original} → ${replacement}`).sort();
}

/** What the function `f` of a source returns for no mutant, and for each. */
function results(source: string, ...args: unknown[]): unknown[] {
  const instrumenter = new Instrumenter();
  const instrumented = instrumenter.instrument("src/some.ts", source);
  const { code } = transformSync(instrumented, { loader: "ts", target: "es2022" });
  const run = (active: number): unknown => {
    const f = new Function("isMutant", `${code}; return f;`)((id: number) => id === active) as (
      ...a: unknown[]
    ) => unknown;
    return f(...args);
  };
  return [-1, ...instrumenter.mutants.map(({ id }) => id)].map(run);
}

test.each([
  ["a + b;", ["a + b → a - b", "a + b; → "]],
  ["x = `${a}` + b;", ["x = `${a}` + b; → "]],
  ["const x = a < b;", ["a < b → a <= b", "a < b → a >= b"]],
  ["const x = a < b ? 'p' : 'q';", ["a < b → a <= b", "a < b → false", "a < b → true"]],
  ["const x = a ?? b;", ["a ?? b → a", "a ?? b → b"]],
  ["const x = !(a && b);", ["!(a && b) → (a && b)", "a && b → a || b"]],
  ["const x = 1 + 7.5;", ["1 + 7.5 → 1 - 7.5", "1 → 0", "7.5 → 8.5"]],
  ["const x = f(a, b);", ["f(a, b) → f(b, a)"]],
  ["const x = Math.min(a, b);", ["Math.min(a, b) → Math.max(a, b)"]],
  ["const x = { a, b: c };", ["a → a: undefined", "b: c → b: undefined"]],
  ["const x = { ...a, b: true, c: true }; const y = { d: true, e: 1 };", ["true → false", "1 → 0"]],
  ["if (a) b();", ["a → false", "a → true", "b(); → "]],
  ["while (a) b();", ["a → false", "b(); → ", "while (a) b(); → "]],
  ["using x = f();", ["using x = f(); → const x = f();"]],
  ["const x: 1 | 2 = a as 3; type T = { a: 4 }; import b from 'c'; throw new TypeError(`at ${a + 1}`);", []],
])("%s has the mutants %j", (source, expected) => {
  expect(mutantsOf(source)).toEqual([...expected].sort());
});

test("equal changes on lines of equal text are told apart by their occurrence", () => {
  const instrumenter = new Instrumenter();
  instrumenter.instrument("src/some.ts", "const x = f(4) + g(4);\nconst y = 4;\n{\n  const y = 4;\n}");
  const literals = instrumenter.mutants.filter(({ original }) => original === "4");
  expect(literals.map(({ line, text, occurrence }) => [line, text, occurrence])).toEqual([
    [1, "const x = f(4) + g(4);", 1],
    [1, "const x = f(4) + g(4);", 2],
    [2, "const y = 4;", 1],
    [4, "const y = 4;", 2],
  ]);
  const entry = { ...literals[1]!, reason: "it is unused" };
  expect(literals.filter((mutant) => isAlike(entry, mutant))).toEqual([literals[1]]);
  expect(literals.filter((mutant) => isAlike({ ...entry, occurrence: undefined }, mutant))).toEqual([literals[0]]);
});

test("the active mutant, and it alone, takes the place of the original", () => {
  const product = "function f(a: number, b: number): number { return a * (b + 2); }";
  // The original; a / (b + 2); b - 2; 3 in place of 2.
  expect(results(product, 3, 4).sort()).toEqual([18, 3 / 6, 3 * 2, 3 * 7].sort());
  const loop = "function f(n: number) { let sum = 0; for (let i = 0; i < n; i++) sum += i; return sum; }";
  expect(results(loop, 4)[0]).toBe(6);
  const disposed = `function f() {
    const log: string[] = [];
    { using x = { [Symbol.dispose]() { log.push("disposed"); } }; log.push("used"); }
    return log.join(); }`;
  expect(new Set(results(disposed))).toEqual(new Set(["used,disposed", "used", "disposed"]));
});

test("a function that is sent as text has none, since the switch is not known where it arrives", () => {
  expect(mutantsOf("function sent() { return 1; } const text = sent.toString();")).toEqual([]);
});

test("every file of the library can be instrumented, and stays a program", () => {
  const instrumenter = new Instrumenter();
  for (const file of readdirSync(`${root}src`, { recursive: true, encoding: "utf8" })) {
    if (!file.endsWith(".ts")) continue;
    const code = instrumenter.instrument(`src/${file}`, readFileSync(`${root}src/${file}`, "utf8"));
    expect(() => transformSync(code, { loader: "ts", target: "es2022" }), file).not.toThrow();
  }
  expect(instrumenter.mutants.length).toBeGreaterThan(5000);
});
