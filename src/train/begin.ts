import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { asFloat32 } from "../checkpoint/checkpoint.ts";
import { FormatError } from "../errors.ts";
import { isOfOptimizer, restore } from "./state.ts";
import type { Parameters } from "./trainable.ts";

/**
 * Takes from a checkpoint the tensors that a model has, too; tells what each of them has that the other lacks.
 * @throws FormatError where none fits, or where one of the same name has another shape, with all that differ
 */
export async function beginFrom(checkpoint: Checkpoint, file: string, parameters: Parameters): Promise<string[]> {
  const { tensors } = asFloat32(checkpoint);
  const stored = [...tensors].filter(([name]) => !isOfOptimizer(name));
  const shared = new Map(stored.filter(([name]) => Object.hasOwn(parameters, name)));
  if (shared.size === 0) {
    throw new FormatError({
      file,
      expected: `some of the parameters ${Object.keys(parameters).slice(0, 3).join(", ")}, …`,
      got: `${
        stored
          .slice(0, 3)
          .map(([name]) => name)
          .join(", ") || "nothing"
      }`,
      remedy: "see crf-rnn convert --list for what it holds",
    });
  }
  const own = Object.entries(parameters);
  await restore(file, shared, Object.fromEntries(own.filter(([name]) => shared.has(name))));
  const drawn = own.filter(([name]) => !shared.has(name)).map(([name]) => name);
  const left = stored.filter(([name]) => !shared.has(name)).map(([name]) => name);
  return [
    ...(drawn.length > 0 ? [`not in ${file}, so drawn at random or set by flags: ${drawn.join(", ")}`] : []),
    ...(left.length > 0 ? [`in ${file}, but not in the model: ${left.join(", ")}`] : []),
  ];
}
