import { beforeAll, describe, expect, test } from "vitest";
import { type Program, tryOut, type Verdicts } from "./compile.ts";
import { checkCommand, commands } from "./shell.ts";
import { examples, fences, languages, pages, type Snippet } from "./extract.ts";
import { kinds } from "./given.ts";

/** Guides whose programs open a device themselves, or go on from one with a picture and its scores. */
const guides = /^(README|docs\/(start|parameters|data|train|volumes-and-points|faq|networks\/\w+))\.md/;

/** What the text around a snippet has introduced, the first that fits. */
const given: readonly (readonly [where: RegExp, text: RegExp, given: Program["given"]])[] = [
  [/^src\/data\//, /./, "dataSets"],
  [/^src\/train\/predictions/, /./, "runs"],
  [/^src\/search\//, /./, "params"],
  [/^src\/bridges\/(onnxruntime|transformers|mediapipe)/, /./, "bridges"],
  [/./, /crf-rnn\/(onnxruntime|transformers|mediapipe)"/, "bridges"],
  [guides, /await open\(/, "alone"],
  [/^docs\/train/, /accumulate|recompute/, "tensors"],
  [/^src\/bridges\/tfjs/, /./, "tensorFlow"],
  [/./, /crfLayer/, "tensorFlow"],
  [/./, /scoresTensor/, "tensors"],
  [/./, /fcn8sCrfRnn/, "training"],
  [/^src\/lattice\//, /./, "points"],
  [/^bench\//, /./, "measurements"],
  [/^src\/(?!scope)/, /./, "tensors"],
  [/^docs\/(volumes|faq)/, /buildLattice|lattice, /, "cloud"],
  [/^README/, /buildLattice/, "arrays"],
  [guides, /./, "page"],
  [/./, /./, "arrays"],
];

const isKind = (name: string): name is Program["given"] => Object.hasOwn(kinds, name);

/** A fence's own word comes first. @throws Error for a word that is no kind */
function withGiven(snippet: Snippet): Program {
  const named =
    snippet.given ?? given.find(([where, text]) => where.test(snippet.where) && text.test(snippet.text))![2];
  if (!isKind(named))
    throw new Error(`${snippet.where}: expected one of ${Object.keys(kinds).join(", ")}, got ${named}`);
  return { ...snippet, given: named };
}

const programs = ["ts", "js", "tsx", "jsx"];
/** What is shown in other languages is not tried: numbers, files, pages, and programs of other people's languages. */
const others = ["", "text", "json", "jsonc", "html", "css", "vue", "yaml", "toml", "py", "wgsl", "diff", "md"];

const snippets = [...pages.flatMap((page) => fences(page, programs)), ...examples()].map(withGiven);

describe("what documentation shows", () => {
  let verdicts: Verdicts;
  beforeAll(async () => {
    verdicts = await tryOut(snippets);
  });

  test("is found: programs in the README, and an example of each main function", () => {
    expect(snippets.filter(({ where }) => where.startsWith("README.md")).length).toBeGreaterThanOrEqual(4);
    expect(snippets.filter(({ where }) => where.startsWith("src/")).length).toBeGreaterThanOrEqual(20);
  });

  test("is in a language that is tried, by the name that it is tried under, or in another one", () => {
    const strange = pages.flatMap((page) =>
      languages(page).filter((language) => ![...programs, "sh", ...others].includes(language)),
    );
    expect(strange).toEqual([]);
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
