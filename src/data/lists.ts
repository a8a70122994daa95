import { Budget, costs } from "../budget.ts";
import { FormatError } from "../errors.ts";
import { quote } from "../quote.ts";

/** Names of files are made from ids: letters, digits, `_`, `-` and `.`, not starting with a `.`, so none leads to another folder. */
const idPattern = /^[A-Za-z0-9_-][A-Za-z0-9_.-]*$/;

export const isId = (text: string): boolean => idPattern.test(text) && text.length <= 200;

/**
 * Reads a list of image ids, one a line, as in VOC's `ImageSets/Segmentation/train.txt`. Blank lines are passed over.
 * @throws FormatError at the byte of a line that is no id, or repeats one
 */
export function parseList(bytes: Uint8Array, file: string): string[] {
  const ids = new Set<string>();
  const budget = new Budget(file, bytes.length);
  for (const { text: id, number, offset } of linesOf(bytes)) {
    if (!isId(id) || ids.has(id)) {
      const got = `${quote(id)}${isId(id) ? " a second time" : ""} in line ${number}`;
      throw new FormatError({ file, offset, expected: "one image id a line", got, remedy: "correct the line" });
    }
    // The budget is charged for the item that is made from the id, an object with a few functions.
    budget.spend(2 * costs.object + costs.character * id.length, offset);
    ids.add(id);
  }
  return [...ids];
}

/** A line of a text file, without the blanks at its ends. */
interface Line {
  readonly text: string;
  readonly number: number;
  /** The byte where the line begins. */
  readonly offset: number;
}

/**
 * Yields the lines of a text in Latin-1 except for blank ones, one after the other, because a file may have millions of
 * line feeds.
 */
export function* linesOf(bytes: Uint8Array): Generator<Line> {
  const text = new TextDecoder("latin1").decode(bytes);
  let offset = 0;
  for (let number = 1; offset < text.length; number++) {
    for (; text.charCodeAt(offset) === 0x0a; number++) offset++;
    const feed = text.indexOf("\n", offset);
    const end = feed < 0 ? text.length : feed;
    const line = text.slice(offset, end).trim();
    if (line !== "") yield { text: line, number, offset };
    offset = end + 1;
  }
}
