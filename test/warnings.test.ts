import { afterEach, expect, test, vi } from "vitest";
import { Warnings } from "../src/warnings.ts";

/** The suites are bundled for pages, where a bundler has decided about `process.env.NODE_ENV`. */
const facts = { where: "test", expected: "this", got: "that" };

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

function printed(): number {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  new Warnings().listener({}, ["one-class"])?.tell("one-class", facts);
  return warn.mock.calls.length;
}

test("the console is told in development and in tests, and not in production", () => {
  for (const [environment, times] of [
    ["development", 1],
    ["test", 1],
    [undefined, 1],
    ["production", 0],
  ] as const) {
    vi.stubEnv("NODE_ENV", environment);
    expect(printed(), String(environment)).toBe(times);
    vi.restoreAllMocks();
  }
});

test("where nobody may read the environment, as in Deno without permission, it is development", () => {
  vi.stubGlobal("process", {
    get env(): never {
      throw new Error("no permission");
    },
  });
  try {
    expect(printed()).toBe(1);
  } finally {
    vi.unstubAllGlobals();
  }
});

test("what was told is looked for no more, but for another listener", () => {
  const warnings = new Warnings();
  const heard: string[] = [];
  const onWarning = ({ code, message }: { code: string; message: string }): void =>
    void heard.push(`${code} ${message}`);
  const listener = warnings.listener({ onWarning }, ["one-class", "probabilities"])!;
  listener.tell("one-class", facts);
  listener.tell("one-class", facts);
  expect(heard).toEqual(["one-class test: expected this, got that"]);
  expect([...warnings.listener({ onWarning }, ["one-class", "probabilities"])!.due]).toEqual(["probabilities"]);
  expect(warnings.listener({ onWarning }, ["one-class"])).toBeUndefined();
  expect([...warnings.listener({ onWarning: () => {} }, ["one-class"])!.due]).toEqual(["one-class"]);
  expect(warnings.listener({ onWarning, warnings: false }, ["probabilities"])).toBeUndefined();
});
