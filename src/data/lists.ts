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
  let offset = 0;
  for (const [i, line] of new TextDecoder("latin1").decode(bytes).split("\n").entries()) {
    const id = line.trim();
    if (id !== "" && (!isId(id) || ids.has(id))) {
      const got = `${quote(id)}${isId(id) ? " a second time" : ""} in line ${i + 1}`;
      throw new FormatError({ file, offset, expected: "one image id a line", got, remedy: "correct the line" });
    }
    if (id !== "") ids.add(id);
    offset += line.length + 1;
  }
  return [...ids];
}
