import { readdirSync, readFileSync } from "node:fs";
import ts from "typescript";
import { root } from "../hosts/folders.ts";

/** A piece of a program that documentation shows. */
export interface Snippet {
  /** File and line. */
  readonly where: string;
  readonly text: string;
  /** What it takes for granted, if the fence says so: ` ```ts given=points `. */
  readonly given?: string;
}

const read = (file: string): string => readFileSync(`${root}${file}`, "utf8");

export const files = (folder: string, suffix: string): string[] =>
  readdirSync(`${root}${folder}`, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(suffix) && !file.includes("node_modules"))
    .map((file) => `${folder}/${file}`)
    .sort();

/** Pages that `npm run site` makes of doc comments and commands, which are tried as such. */
const made = /^docs\/(api|commands)\//;

/** What tells a user or a contributor how something is done. */
export const pages = [
  "README.md",
  "CONTRIBUTING.md",
  "ARCHITECTURE.md",
  ...files("docs", ".md").filter((page) => !made.test(page)),
  ...files("examples", ".md"),
];

/** The fenced blocks of a page in one of some languages. */
export function fences(page: string, languages: readonly string[]): Snippet[] {
  const text = read(page);
  return [...text.matchAll(fence)]
    .filter(([, , language]) => languages.includes(language!))
    .map(({ index, 3: information = "", 4: code }) => {
      const given = /\bgiven=(\w+)/.exec(information)?.[1];
      return { where: `${page}:${lineOf(text, index)}`, text: code!, ...(given !== undefined && { given }) };
    });
}

/** A block with its language, what else the fence says, and its lines. */
const fence = /^( *)```(\w*)([^\n`]*)\n([\s\S]*?)^\1```$/gm;

/** The languages of a page's fenced blocks. */
export const languages = (page: string): string[] => [...read(page).matchAll(fence)].map(([, , language]) => language!);

/** The pieces of code in the running text and the tables of a page. */
export function spans(page: string): Snippet[] {
  const text = read(page).replace(/^```[\s\S]*?^```$/gm, (fence) => fence.replace(/[^\n]/g, ""));
  return [...text.matchAll(/`([^`]+)`/g)].map(({ index, 1: code }) => ({
    where: `${page}:${lineOf(text, index)}`,
    text: code!.replace(/\s+/g, " ").replaceAll("\\|", "|"),
  }));
}

const lineOf = (text: string, index: number): number => text.slice(0, index).split("\n").length;

/** Every `@example` of the library, as the compiler reads them. */
export function examples(): Snippet[] {
  return [...files("src", ".ts"), ...files("bench", ".ts")].flatMap((file) => {
    const source = ts.createSourceFile(file, read(file), ts.ScriptTarget.ES2022, true);
    const found = new Map<number, string>(); // a comment belongs to every declaration of its statement
    const visit = (node: ts.Node): void => {
      for (const tag of ts.getJSDocTags(node)) {
        if (tag.tagName.text === "example") found.set(tag.pos, ts.getTextOfJSDocComment(tag.comment) ?? "");
      }
      ts.forEachChild(node, visit);
    };
    visit(source);
    return [...found].map(([position, text]) => {
      const { line } = source.getLineAndCharacterOfPosition(position);
      return { where: `${file}:${line + 1}`, text };
    });
  });
}
