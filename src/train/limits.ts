import type { Configuration } from "./configuration.ts";
import { depths } from "./memory.ts";
import { pictured } from "./validate.ts";

/** Names, shapes and a configuration's words, generously. */
const header = 1 << 20;

/** The most bytes that a checkpoint of this configuration can have, so that a page cannot send more. */
export function checkpointLimit(configuration: Configuration): number {
  const { network, crf } = configuration;
  const classes = configuration.classes.length;
  let numbers = crf ? 3 * crf.iterations * classes ** 2 + 3 : 0;
  if (network) {
    const { widths, fc } = network;
    let below = 3;
    depths.forEach((depth, block) => {
      const width = widths[block];
      numbers += (9 * (below + (depth - 1) * width) + depth) * width;
      below = width;
    });
    numbers += (49 * below + 1) * fc + (fc + 1) * fc + (fc + widths[2] + widths[3] + 3) * classes;
    // FCN-32s has the largest kernel that scales scores up, of 64 by 64; beside it the others are small.
    numbers += 64 ** 2 * classes ** 2 + 3 * classes;
  }
  // Each number with two moments at most.
  return 4 * 3 * numbers + header + 4 * JSON.stringify(configuration).length;
}

/** The most bytes that a validation's kept predictions can have, where no image has more pixels. */
export const samplesLimit = (pixels: number): number => 2 * pictured * pixels + header;
