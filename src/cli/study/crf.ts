import { existsSync } from "node:fs";
import { join } from "node:path";
import { parametersOf } from "../../search/params.ts";
import { checkpointFile } from "../../train/surroundings.ts";
import { parseFlags } from "../demo/comparison.ts";
import { readParams } from "../paramsFlag.ts";
import { searchAs } from "../search.ts";
import { type SearchFlags, searchWords } from "../search/flags.ts";
import { runFolder, seedFolder, type Study } from "./task.ts";

/** The CRF's first parameters as flags of train and of evaluate; T is the row's. */
export async function crfWords(study: Study, seed: number): Promise<string[]> {
  const file = study.flags.params ?? (await searched(study, seed));
  const { thetaAlpha, thetaBeta, thetaGamma, spatialWeight, bilateralWeight, temperature, normalization } =
    parametersOf(await readParams(file), file);
  return Object.entries({
    "--theta-alpha": thetaAlpha,
    "--theta-beta": thetaBeta,
    "--theta-gamma": thetaGamma,
    "--spatial-weight": spatialWeight,
    "--bilateral-weight": bilateralWeight,
    "--temperature": temperature,
    "--normalize": normalization,
  }).flatMap(([flag, value]) => [flag, String(value)]);
}

/** The parameters that were searched for behind the network alone. */
async function searched(study: Study, seed: number): Promise<string> {
  const out = join(seedFolder(study, seed), "params.json");
  if (existsSync(out)) return out;
  const { flags, sets, common } = study;
  const checkpoint = join(runFolder(study, seed, "plain"), checkpointFile);
  const trials = join(seedFolder(study, seed), "params.trials.jsonl");
  const words = ["--data", sets.search, "--checkpoint", checkpoint, "--out", out, "--trials", String(flags.trials)];
  // What was found without a picture would stay: the next run finds params.json.
  const more = ["--folds", "2", "--seed", String(seed), "--range", "iterations=10", "--strict"];
  const resume = existsSync(trials) ? ["--resume"] : [];
  await searchAs(
    parseFlags<SearchFlags>(
      searchWords(),
      [...words, ...more, ...resume, ...(flags.format ? ["--format", flags.format] : [])],
      common,
    ),
  );
  return out;
}
