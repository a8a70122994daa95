import { ValueError } from "./errors.ts";
import { kindOf, remedyFor } from "./values.ts";

/** The names of a call's options. The type makes the compiler check that none is missing. */
export type Names<Options> = Readonly<Record<keyof Options, true>>;

/**
 * Words that people use in place of some options, from the command line's flags or other libraries. Where the option
 * belongs to another object, the full path is given, as in `bilateral.position`.
 */
const aliases: Readonly<Record<string, string>> = {
  thetaAlpha: "bilateral.position",
  theta_alpha: "bilateral.position",
  thetaBeta: "bilateral.color",
  theta_beta: "bilateral.color",
  thetaGamma: "spatial.position",
  theta_gamma: "spatial.position",
  bilateralWeight: "bilateral.weight",
  spatialWeight: "spatial.weight",
  sigma: "position",
  sxy: "position",
  srgb: "color",
  steps: "iterations",
  numIterations: "iterations",
  num_iterations: "iterations",
  n_iterations: "iterations",
  normalize: "normalization",
  compat: "compatibility",
  labels: "classes",
  numClasses: "classes",
  num_classes: "classes",
  learningRate: "rate",
  lr: "rate",
  weightDecay: "decay",
  beta1: "betas",
  beta2: "betas",
  eps: "epsilon",
  device: "prefer",
};

/**
 * @throws ValueError unless `options` is an object, or left out, whose keys are all in `names`: an unknown one is a mistake that
 * would be silent, and is told with the nearest right name
 */
export function requireOptions(where: string, options: unknown, names: Readonly<Record<string, true>>): void {
  if (options === undefined) return;
  if (typeof options !== "object" || options === null || Array.isArray(options) || "then" in options) {
    throw new ValueError({
      where,
      expected: `options, as an object { ${Object.keys(names).slice(0, 3).join(", ")}${Object.keys(names).length > 3 ? ", …" : ""} }`,
      got: kindOf(options),
      remedy: remedyFor(options, "write them as { name: value }"),
    });
  }
  for (const [key, value] of Object.entries(options)) {
    if (Object.hasOwn(names, key) || value === undefined) continue;
    const nearest = nearestOf(key, Object.keys(names));
    throw new ValueError({
      where,
      expected: `options ${Object.keys(names).join(", ")}`,
      got: `"${key.slice(0, 40)}"`,
      remedy: nearest ? `write ${nearest}` : "leave it out",
    });
  }
}

/** Returns the name among `names` that somebody who wrote `wrong` probably meant. */
function nearestOf(wrong: string, names: readonly string[]): string | undefined {
  const alias = Object.hasOwn(aliases, wrong) ? aliases[wrong]! : undefined;
  if (alias && names.includes(alias.split(".")[0]!)) return alias;
  const plain = wrong.toLowerCase().replaceAll("_", "");
  const ranked = names
    .map((name) => ({ name, distance: editDistance(plain, name.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  const [best] = ranked;
  return best && best.distance <= Math.max(2, Math.floor(plain.length / 3)) ? best.name : undefined;
}

/** Counts the insertions, deletions and replacements that turn `a` into `b` (Levenshtein 1966). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length]!;
}
