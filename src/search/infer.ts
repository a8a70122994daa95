import { crfRnn } from "../crf/crfRnn.ts";
import type { Device } from "../device/device.ts";
import { scale } from "../nn/scale.ts";
import type { Abortable } from "../turn.ts";
import { layerOptionsOf, type SearchParameters } from "./parameters.ts";
import type { BandedPicture, SearchPicture } from "./pictures.ts";
import { type Tally, tallyOf } from "./tally.ts";

/** Labels a picture by the CRF of some parameters, or by its logits alone, and tallies the result against its truth. */
export async function inferTally(
  device: Device,
  picture: BandedPicture,
  parameters: SearchParameters | undefined,
  classes: number,
  { signal }: Abortable = {},
): Promise<Tally> {
  const { labels, band } = picture;
  const scores = parameters ? await refined(device, picture, parameters, classes, { signal }) : picture.logits;
  return tallyOf(scores, labels, band, classes);
}

async function refined(
  device: Device,
  { height, width, guide, logits }: SearchPicture,
  parameters: SearchParameters,
  classes: number,
  call: Abortable,
): Promise<Float32Array> {
  using scope = device.scope();
  // What usually makes a result useless was looked for in the files; a search tries what is useless on purpose.
  using crf = crfRnn(device, { classes, ...layerOptionsOf(parameters), warnings: false });
  const unary = scale(scope.tensor([height, width, classes], logits), 1 / parameters.temperature);
  return await (await crf(unary, scope.tensor([height, width, 3], guide), call)).read();
}
