import { fileSource, openCheckpoint } from "../checkpoint/checkpoint.ts";
import type { Device } from "../device/device.ts";
import type { Color } from "../data/palette.ts";
import { parseConfiguration } from "../train/configuration.ts";
import { hasCrf, openModel, setsOf } from "../train/storedModel.ts";
import type { Model } from "../train/model.ts";
import { UsageError } from "../errors.ts";
import { type CrfChoice, defaultIterations, type ModelFlags } from "./modelFlags.ts";

/** The model of `--checkpoint` as the flags ask for it. */
export interface ModelFile {
  readonly model: Model;
  readonly crf: CrfChoice;
  readonly iterations: number;
  /** The colors of its classes where it tells them. */
  readonly palette?: readonly Color[];
}

/**
 * Opens the model of `--checkpoint` with the CRF that the flags ask for.
 * @throws FormatError where the file is none, or lacks what is asked for
 */
export async function openModelFile(device: Device, flags: ModelFlags): Promise<ModelFile> {
  const source = await fileSource(flags.checkpoint);
  try {
    const checkpoint = await openCheckpoint(source);
    const { crf = hasCrf(checkpoint) ? "trained" : "none" } = flags;
    const iterations = iterationsOf(flags, crf === "trained" ? setsOf(checkpoint) : undefined);
    const other = {
      iterations,
      bandwidths: [flags.thetaAlpha, flags.thetaBeta, flags.thetaGamma] as [number, number, number],
      weights: { spatial: flags.spatialWeight, bilateral: flags.bilateralWeight },
      compatibility: flags.compatibility,
      normalization: flags.normalize,
      temperature: flags.temperature,
    };
    const choices = { none: "none", trained: "own", disconnected: other } as const;
    const palette = parseConfiguration(checkpoint.metadata.configuration)?.palette;
    const model = await openModel(device, checkpoint, source.name, choices[crf], flags.precision);
    return { model, crf, iterations, palette };
  } finally {
    await source.close();
  }
}

/** @throws UsageError for more iterations than an untied CRF has parameters for; `sets`: for how many, where it is one */
function iterationsOf({ iterations, checkpoint }: ModelFlags, sets: number | undefined): number {
  if (iterations === undefined) return sets ?? defaultIterations;
  if (sets === undefined || iterations <= sets) return iterations;
  throw new UsageError({
    where: "--iterations",
    expected: `at most ${sets}, for each of which the untied CRF of ${checkpoint} has parameters of its own`,
    got: String(iterations),
    remedy: `leave the flag out for all ${sets}`,
  });
}
