import { fileSource, openCheckpoint } from "../checkpoint/checkpoint.ts";
import type { Device } from "../device/device.ts";
import { hasCrf, openModel } from "../train/storedModel.ts";
import type { Model } from "../train/model.ts";
import type { CrfChoice, ModelFlags } from "./modelFlags.ts";

/**
 * Opens the model of `--checkpoint` with the CRF that the flags ask for.
 * @throws FormatError where the file is none, or lacks what is asked for
 */
export async function openModelFile(
  device: Device,
  flags: ModelFlags,
): Promise<{ readonly model: Model; readonly crf: CrfChoice }> {
  const source = await fileSource(flags.checkpoint);
  try {
    const checkpoint = await openCheckpoint(source);
    const { crf = hasCrf(checkpoint) ? "trained" : "none", iterations } = flags;
    const other = {
      iterations,
      bandwidths: [flags.thetaAlpha, flags.thetaBeta, flags.thetaGamma] as [number, number, number],
      weights: { spatial: flags.spatialWeight, bilateral: flags.bilateralWeight },
    };
    const choices = { none: "none", trained: "own", disconnected: other } as const;
    return { model: await openModel(device, checkpoint, source.name, choices[crf], flags.precision), crf };
  } finally {
    await source.close();
  }
}
