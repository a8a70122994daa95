import { beforeAll, describe, expect, test } from "vitest";
import { type Program, tryOut, type Verdicts } from "./compile.ts";
import { checkCommand, commands } from "./shell.ts";
import { examples, fences, pages, type Snippet } from "./extract.ts";

/** Guides whose programs open a device themselves, or go on from one with a picture and its scores. */
const guides = /^docs\/(start|parameters|data|train|volumes-and-points|faq|networks\/\w+)\.md/;

/** What the text around a snippet has introduced, the first that fits. */
const given: readonly (readonly [where: RegExp, text: RegExp, given: Program["given"]])[] = [
  [/^src\/data\//, /./, "dataSets"],
  [/^src\/train\/predictions/, /./, "runs"],
  [/^src\/bridges\/(onnxruntime|transformers|mediapipe)/, /./, "bridges"],
  [/./, /crf-rnn\/(onnxruntime|transformers|mediapipe)"/, "bridges"],
  [guides, /await open\(/, "alone"],
  [/^src\/bridges\/tfjs/, /./, "tensorFlow"],
  [/./, /crfLayer/, "tensorFlow"],
  [/./, /scoresTensor/, "tensors"],
  [/./, /fcn8sCrfRnn/, "training"],
  [/^src\/lattice\//, /./, "points"],
  [/^src\/(?!scope)/, /./, "tensors"],
  [guides, /./, "page"],
  [/./, /./, "arrays"],
];

const withGiven = (snippet: Snippet): Program => ({
  ...snippet,
  given: given.find(([where, text]) => where.test(snippet.where) && text.test(snippet.text))![2],
});

const snippets = [...pages.flatMap((page) => fences(page, ["ts", "js", "tsx", "jsx"])), ...examples()].map(withGiven);

describe("what documentation shows", () => {
  let verdicts: Verdicts;
  beforeAll(async () => {
    verdicts = await tryOut(snippets);
  });

  test("is found: programs in the README, and an example of each main function", () => {
    expect(snippets.filter(({ where }) => where.startsWith("README.md")).length).toBeGreaterThanOrEqual(4);
    expect(snippets.filter(({ where }) => where.startsWith("src/")).length).toBeGreaterThanOrEqual(20);
  });

  test.each(snippets)("compiles and runs: $where", ({ where }) => {
    expect(verdicts.complaints[where]).toBeUndefined();
    expect(verdicts.failures[where]).toBeUndefined();
  });
});

describe("commands that documentation shows", () => {
  const shown = commands();

  test("are found, in fences and in the running text", () => {
    expect(shown.filter(({ text }) => text.startsWith("crf-rnn ")).length).toBeGreaterThanOrEqual(14);
  });

  test.each(shown)("$where: $text", checkCommand);
});
