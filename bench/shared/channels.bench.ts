import { channels as kernel } from "../../build/kernels.ts";
import { copyChannels } from "../../src/shared/channels.ts";
import { floor } from "../floor.ts";

export const channels = floor({
  kernel,
  moves: "the block of values and of result once",
  bytes: ({ rows, quads }) => rows * quads * 32,
  computes: "nothing",
  operations: () => 0,
  /** Half the channels of a map, as a map beyond the largest binding is filtered. */
  queue: ({ unary, result, quads, points }, device) => {
    const half = Math.ceil(quads / 2);
    const from = { storage: unary.storage, rowQuads: quads, firstQuad: quads - half };
    copyChannels(device, from, { storage: result.storage, rowQuads: half, firstQuad: 0 }, points, half);
  },
});
