import { padded } from "../shape.ts";
import type { Configuration } from "./configuration.ts";

/** Convolutions of each block of VGG-16. */
export const depths = [2, 2, 3, 3, 3];

/**
 * About how many bytes of device memory a training step on one image takes: activations are kept for their pullbacks, the
 * gradients of two of the largest are there at once, and each learned number comes with its gradient and the optimizer's
 * moments. A CRF keeps four maps of classes an iteration, and its lattices.
 */
export function estimateBytes(
  { network, crf, classes, optimizer }: Configuration,
  learned: number,
  { height, width }: { readonly height: number; readonly width: number },
): number {
  const scores = height * width * padded(classes.length);
  let activations = 4 * scores;
  let largest = scores;
  if (network) {
    // The first convolution pads by 100, the others keep the size; pooling halves it, rounded up.
    let [rows, columns] = [height + 198, width + 198];
    // Nothing is kept of frozen blocks below all that learn.
    let kept = false;
    depths.forEach((depth, block) => {
      const map = rows * columns * padded(network.widths[block]);
      largest = Math.max(largest, map);
      [rows, columns] = [Math.ceil(rows / 2), Math.ceil(columns / 2)];
      kept ||= !network.frozen?.includes(`conv${block + 1}`);
      if (kept) activations += depth * map + rows * columns * padded(network.widths[block]);
    });
    activations += 4 * Math.max(1, rows - 6) * Math.max(1, columns - 6) * padded(network.fc);
  }
  // Eight bytes for each of a pixel's six entries, twice, and ten neighbors of a vertex: about 300 bytes a pixel in all.
  if (crf) activations += 4 * crf.iterations * scores + 75 * height * width;
  const copies = optimizer.kind === "adam" ? 4 : 3;
  return 4 * (activations + 2 * largest + copies * learned);
}
