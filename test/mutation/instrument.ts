/** Puts all mutants of a file into its text, each behind a switch (mutant schemata: Untch, Offutt and Harrold 1993). */
import { parseSync } from "vite";
import { canBeRemoved, canBeUndefined, mutateExpression, type Node } from "./mutations.ts";

/** One mutant. */
export interface Mutant {
  readonly id: number;
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** The line's text, without the blanks around it. */
  readonly text: string;
  readonly original: string;
  readonly replacement: string;
  /** Which one it is, from 1, of the mutants of its file that have the same text, original and replacement. */
  readonly occurrence: number;
}

/** A type, a name, or text that nothing computes: no mutants. */
const skippedFields = new Set([
  "type",
  "start",
  "end",
  "typeAnnotation",
  "returnType",
  "typeParameters",
  "typeArguments",
]);
const expressionWrappers = /^TS(As|Satisfies|NonNull|Instantiation)Expression$/;

export class Instrumenter {
  readonly mutants: Mutant[] = [];

  /** The file's text with its mutants in it; `file` is its path from the root. */
  instrument(file: string, source: string): string {
    const { program, errors } = parseSync(file, source);
    if (errors.length > 0) throw new Error(`${file}: ${errors[0]!.message}`);
    return new FileInstrumenter(file, source, this.mutants).render(program);
  }
}

class FileInstrumenter {
  readonly #file: string;
  readonly #source: string;
  readonly #mutants: Mutant[];
  /** How many mutants there are of each text, original and replacement. */
  readonly #occurrences = new Map<string, number>();

  constructor(file: string, source: string, mutants: Mutant[]) {
    this.#file = file;
    this.#source = source;
    this.#mutants = mutants;
  }

  /** A node's own text. */
  readonly #text = ({ start, end }: Pick<Node, "start" | "end">): string => this.#source.slice(start, end);

  /** A node's text with the mutants of it and of all below. */
  render(node: Node, parent?: Node): string {
    if (this.#isSkipped(node)) return this.#text(node);
    if (node.type === "Property" && parent?.type === "ObjectExpression" && canBeUndefined(node)) {
      const replacement = `${this.#text(node.key)}: undefined`;
      const key = node.computed ? `[${this.render(node.key, node)}]` : this.#text(node.key);
      return `${key}: ${this.#switch(node, [[replacement, "undefined"]], this.render(node.value, node))}`;
    }
    if (node.type === "VariableDeclaration" && node.kind === "using" && parent?.type !== "ForOfStatement") {
      return this.#renderUsing(node);
    }
    const inner = this.#renderChildren(node);
    if (canBeRemoved(node)) return `if (${this.#test(node, "")}) {} else { ${inner} }`;
    const replacements = mutateExpression(node, parent, this.#text).map((text): [string, string] => [text, text]);
    return replacements.length === 0 ? inner : this.#switch(node, replacements, inner);
  }

  /** `using a = b` without its end: `a` is never disposed of. */
  #renderUsing(node: Node): string {
    const constants = this.#renderChildren(node).replace(/^using/, "const");
    const disposals = (node.declarations as Node[]).map(({ id }) => {
      const test = this.#test(node, this.#text(node).replace(/^using/, "const"));
      return `using mutated${this.#mutants.length} = ${test} ? undefined : ${this.#text(id)};`;
    });
    return `${constants} ${disposals.join(" ")}`;
  }

  /** Types, messages of errors, sets of names, and functions whose text is sent to where the switch is not known. */
  #isSkipped(node: Node): boolean {
    if (/^(Import|ExportAll)/.test(node.type)) return node.type !== "ImportExpression";
    if (node.type.startsWith("TS")) return !expressionWrappers.test(node.type) && node.type !== "TSParameterProperty";
    if (node.type === "NewExpression") return /Error$/.test(node.callee.name ?? "");
    if (node.type === "ObjectExpression") return isSetOfNames(node);
    return node.type === "FunctionDeclaration" && this.#source.includes(`${node.id.name}.toString()`);
  }

  #renderChildren(node: Node): string {
    const pieces: string[] = [];
    let at = node.start;
    for (const child of childrenOf(node)) {
      pieces.push(this.#source.slice(at, child.start), this.render(child, node));
      at = child.end;
    }
    pieces.push(this.#source.slice(at, node.end));
    return pieces.join("");
  }

  /** An expression that is one of the replacements, each a pair of what is shown and what is computed, or the original. */
  #switch(node: Node, replacements: readonly [string, string][], original: string): string {
    const faults = replacements.map(([shown, computed]) => `${this.#test(node, shown)} ? (${computed}) : `);
    return `(${faults.join("")}${original})`;
  }

  /** Notes a mutant; the result is true at run time where it is the active one. */
  #test(node: Node, replacement: string): string {
    const id = this.#mutants.length;
    const line = this.#source.slice(0, node.start).split("\n").length;
    const text = this.#source.split("\n")[line - 1]!.trim();
    const original = this.#text(node);
    const key = JSON.stringify([text, original, replacement]);
    const occurrence = (this.#occurrences.get(key) ?? 0) + 1;
    this.#occurrences.set(key, occurrence);
    this.#mutants.push({ id, file: this.#file, line, text, original, replacement, occurrence });
    return `isMutant(${id})`;
  }
}

/** Names that an object has as its keys, all of them with the value `true`, which nobody asks for. */
const isSetOfNames = ({ properties }: Node): boolean =>
  properties.some(({ type }: Node) => type === "Property") &&
  properties.every(({ type, value }: Node) => type === "SpreadElement" || value.value === true);

/** Child nodes in the order of the text. */
function childrenOf(node: Node): Node[] {
  if (node.type === "Property" && node.shorthand) return [node.value];
  const fields = Object.keys(node).filter((field) => !skippedFields.has(field) && !isName(node, field));
  return fields
    .flatMap((field) => node[field])
    .filter((child): child is Node => typeof child?.type === "string" && typeof child.start === "number")
    .sort((a, b) => a.start - b.start);
}

/** Whether a field names something instead of computing it. */
const isName = (node: Node, field: string): boolean =>
  (field === "key" && !node.computed) ||
  (field === "property" && !node.computed) ||
  (field === "left" && node.type === "AssignmentExpression" && node.left.type === "Identifier") ||
  field === "label" ||
  field === "regex";
