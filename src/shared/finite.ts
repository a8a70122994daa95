import { finite as kernel } from "../../build/kernels.ts";
import type { Storage } from "../device/device.ts";
import { rowRanges } from "../device/ranges.ts";
import { ValueError } from "../errors.ts";
import { formatShape, padded, positionOf, quadBytes } from "../shape.ts";
import type { Tensor } from "../tensor.ts";

/**
 * Queues a search for values that are NaN or infinite. `status` (4 bytes, zero) receives what `requireFinite` reads.
 */
export function seekNotFinite({ device, storage, rows, channels }: Tensor, status: Storage): void {
  const rowBytes = padded(channels) * 4;
  for (const range of rowRanges(device, rows, rowBytes)) {
    const values = range.of(storage, rowBytes);
    device.run(kernel, { values, status, count: values.bytes / quadBytes });
  }
}

/** Throws a ValueError if `found`, read from the search's status, says that a value is NaN or infinite. */
export function requireFinite(where: string, name: string, { channels, shape }: Tensor, found: number): void {
  if (found === 0) return;
  const index = ~found >>> 0;
  const pixel = positionOf(Math.floor(index / padded(channels)), shape.slice(0, -1));
  throw new ValueError({
    where,
    expected: `finite ${name}`,
    got: `NaN or infinity in channel ${index % padded(channels)} of pixel ${formatShape(pixel)}`,
    remedy: "check what made them",
  });
}
