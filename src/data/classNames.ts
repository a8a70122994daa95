import { FormatError } from "../errors.ts";
import { quote } from "../quote.ts";
import { maximumLabelBytes, type Folder } from "./folder.ts";
import { ignoreLabel } from "./labels.ts";

/** The file with the names of a folder's classes. */
export const labelsFile = "labels.txt";

/**
 * Reads `labels.txt`: the names of the classes, one a line in UTF-8, the first being label 0. A line `__ignore__`, as labelme has it, stands
 * for what does not count, and is passed over.
 * @throws FormatError where it is missing, has no names, more than 255, or one twice
 */
export async function readClassNames(folder: Folder): Promise<string[]> {
  const file = folder.join(labelsFile, folder.path);
  if (!(await folder.has(labelsFile))) {
    const remedy = "write it: one name a line, the first for label 0; or let crf-rnn data --init write a manifest.json";
    throw new FormatError({ file, expected: "the names of the classes", got: "no such file", remedy });
  }
  const text = new TextDecoder().decode(await folder.read(file, maximumLabelBytes / 64));
  const names = text
    .split("\n")
    .map((line) => line.trim())
    .filter((name) => name !== "" && name !== "__ignore__");
  const again = names.find((name, at) => names.indexOf(name) !== at);
  if (again === undefined && names.length >= 1 && names.length <= ignoreLabel) return names;
  const got = again === undefined ? `${names.length}` : `${quote(again)} again`;
  throw new FormatError({ file, expected: `1 to ${ignoreLabel} names of classes, each once`, got });
}
