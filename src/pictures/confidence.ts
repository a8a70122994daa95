import { confidence as kernel } from "../../build/kernels.ts";
import type { Storage } from "../device/device.ts";
import { rowRanges } from "../device/ranges.ts";
import { Workspace } from "../device/workspace.ts";
import { ShapeError } from "../errors.ts";
import { requireInputs } from "../inputs.ts";
import { rows as rowLayout } from "../layout.ts";
import { formatShape, padded } from "../shape.ts";
import type { Tensor } from "../tensor.ts";

/**
 * Reads how sure logits are of their labels: the probability of the most probable class of each row of logits [h, w, L], or of any
 * rows [..., L], as `argmax` reads the class. It is NaN where a logit is NaN or positive infinity. Only these numbers are read back.
 * @throws ShapeError for weights of a convolution; ValueError for what is no tensor; DisposedError
 * @example const sure = await confidence(await crf(unary, guide)); // a number from 1/L to 1 for each pixel
 */
export async function confidence(logits: Tensor): Promise<Float32Array> {
  const device = requireInputs("confidence", { logits });
  const { shape, layout } = logits;
  if (layout !== rowLayout) {
    const got = `${formatShape(shape)} in layout ${layout.name}`;
    const remedy = "pass logits, not the weights of a convolution";
    throw new ShapeError({ where: "confidence", expected: "logits [..., classes]", got, remedy });
  }
  using workspace = new Workspace(device);
  return new Float32Array(await device.read(queueConfidence(workspace, logits)));
}

/** Queues the confidence of logits, in memory of `workspace`. */
export function queueConfidence(workspace: Workspace, { device, storage, rows, channels }: Tensor): Storage {
  const result = workspace.allocate(rows * 4);
  const rowBytes = padded(channels) * 4;
  for (const range of rowRanges(device, rows, rowBytes)) {
    device.run(kernel, {
      logits: range.of(storage, rowBytes),
      result: range.of(result, 4),
      rows: range.rows,
      channels,
    });
  }
  return result;
}
