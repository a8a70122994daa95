import { asFloat32, type Checkpoint } from "../checkpoint/checkpoint.ts";
import { FormatError } from "../errors.ts";
import { adoptParameters } from "../loading.ts";
import type { Parameters } from "../models/parameters.ts";
import { isOfOptimizer, loadable, misfitOf } from "./state.ts";

/**
 * Takes from a checkpoint the tensors that a model has, too; tells what each of them has that the other lacks.
 * @throws FormatError where none fits, or where one of the same name has another shape, with all that differ
 */
export async function beginFrom(checkpoint: Checkpoint, file: string, parameters: Parameters): Promise<string[]> {
  const { tensors } = asFloat32(checkpoint);
  const stored = new Map([...tensors].filter(([name]) => !isOfOptimizer(name)));
  const { taken, left, unused } = await adoptParameters(parameters, loadable(stored), misfitOf(file));
  if (taken.length === 0) {
    throw new FormatError({
      file,
      expected: `some of the parameters ${left.slice(0, 3).join(", ")}, …`,
      got: unused.slice(0, 3).join(", ") || "nothing",
      remedy: "see crf-rnn convert --list for what it holds",
    });
  }
  return [
    ...(left.length > 0 ? [`not in ${file}, so drawn at random or set by flags: ${left.join(", ")}`] : []),
    ...(unused.length > 0 ? [`in ${file}, but not in the model: ${unused.join(", ")}`] : []),
  ];
}
