import { fileSource, openCheckpoint } from "../checkpoint/checkpoint.ts";
import type { Device } from "../device/device.ts";
import type { Color } from "../data/palette.ts";
import { parseConfiguration } from "../train/configuration.ts";
import { hasCrf, openModel } from "../train/storedModel.ts";
import type { Model } from "../train/model.ts";
import type { CrfChoice, ModelFlags } from "./modelFlags.ts";

/**
 * Opens the model of `--checkpoint` with the CRF that the flags ask for, and the colors of its classes where it tells them.
 * @throws FormatError where the file is none, or lacks what is asked for
 */
export async function openModelFile(
  device: Device,
  flags: ModelFlags,
): Promise<{ readonly model: Model; readonly crf: CrfChoice; readonly palette?: readonly Color[] }> {
  const source = await fileSource(flags.checkpoint);
  try {
    const checkpoint = await openCheckpoint(source);
    const { crf = hasCrf(checkpoint) ? "trained" : "none", iterations } = flags;
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
    return { model: await openModel(device, checkpoint, source.name, choices[crf], flags.precision), crf, palette };
  } finally {
    await source.close();
  }
}
