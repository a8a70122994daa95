import { FormatError } from "../errors.ts";
import { formatShape } from "../shape.ts";
import { isOfOptimizer } from "./moments.ts";
import { isCrfMatrix } from "./names.ts";
import { type Checkpoint, type StoredTensor, toFloat32 } from "./tensors.ts";

/**
 * Programs in PyTorch whose networks have the names that we have, and not quite the same parameters: crfasrnn_pytorch's Fcn8s and CrfRnnNet, and
 * the FCNs of pytorch-fcn, from which those come.
 */
export type PublicProgram = "crfasrnn" | "fcn";

/** The factors of pool4 and pool3, which neither of the two has. */
export type PoolScales = readonly [pool4: number, pool3: number];

/**
 * The same network with the parameters of one of these programs, all of which `load_state_dict` takes. Factors of pooling layers go into the
 * weights behind them; so does, for pytorch-fcn, the bias of upscore2, which is added to the scores of pool4. Notes tell what was changed.
 * @throws FormatError for an untied CRF
 */
export function forProgram(
  checkpoint: Pick<Checkpoint, "tensors">,
  program: PublicProgram,
  [scale4, scale3]: PoolScales,
  file: string,
): Pick<Checkpoint, "tensors" | "notes"> {
  const tensors = new Map([...checkpoint.tensors].filter(([name]) => !isOfOptimizer(name)));
  const change = (name: string, changed: (values: Float32Array) => Promise<Float32Array> | Float32Array): void => {
    const tensor = tensors.get(name);
    if (!tensor) return;
    const read = async () => new Float32Array(await changed(toFloat32(await tensor.read(), tensor.type)));
    tensors.set(name, { ...tensor, type: "float32", read });
  };
  for (const [name, scale] of [["score_pool4", scale4] as const, ["score_pool3", scale3] as const])
    if (scale !== 1) change(`${name}.weight`, (values) => values.map((value) => value * scale));
  const notes: string[] = [];
  if (program === "crfasrnn") {
    requireTied(tensors.get("compatibility"), file);
    const weight = tensors.get("upscore2.weight");
    if (weight && tensors.has("upscore8.weight") && !tensors.has("upscore2.bias"))
      tensors.set("upscore2.bias", zeros(weight.shape[1]!));
    return { tensors, notes };
  }
  const left = [...tensors.keys()].filter((name) => isCrfMatrix(name) || name === "bandwidths");
  for (const name of left) tensors.delete(name);
  if (left.length > 0) notes.push(`${left.join(", ")}: left out, since pytorch-fcn has no CRF`);
  const bias = tensors.get("upscore2.bias");
  if (bias && tensors.has("score_pool4.bias")) {
    change("score_pool4.bias", async (values) => {
      const other = toFloat32(await bias.read(), bias.type);
      return values.map((value, i) => value + other[i]!);
    });
    tensors.delete("upscore2.bias");
    notes.push("upscore2.bias was added to score_pool4.bias, since pytorch-fcn's upscore2 has none");
  }
  return { tensors, notes };
}

function requireTied(compatibility: StoredTensor | undefined, file: string): void {
  const [sets, classes] = compatibility?.shape ?? [];
  if (sets === classes) return;
  throw new FormatError({
    file,
    expected: "a CRF whose iterations have one set of matrices, as crfasrnn_pytorch's has",
    got: `an untied one, with ${formatShape(compatibility!.shape)}`,
    remedy: "train a tied one, or pass --for fcn, which leaves it out",
  });
}

const zeros = (count: number): StoredTensor => ({
  shape: [count],
  type: "float32",
  read: async () => new Float32Array(count),
});
