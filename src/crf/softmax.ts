import { softmax as kernel, softmaxPullback } from "../../build/kernels.ts";
import type { Device, Storage } from "../device/device.ts";
import { perform, planned, type Work } from "../device/work.ts";
import { rowRanges } from "../device/ranges.ts";
import { op } from "../inputs.ts";
import { padded } from "../shape.ts";
import { record } from "../tape.ts";
import { emptyLike, type Tensor } from "../tensor.ts";
import { requireChoice } from "../values.ts";
import { type Activation, activationCodes, activations } from "./activation.ts";

/** The rows that an activation is applied to: maps [rows, channels]. */
export interface Rows {
  readonly values: Storage;
  readonly result: Storage;
  readonly rows: number;
  readonly channels: number;
}

/** Applies the activation to the channels of each row of `values`. */
export function* activate(device: Device, { values, result, rows, channels }: Rows, activation: Activation): Work {
  const rowBytes = padded(channels) * 4;
  for (const range of rowRanges(device, rows, rowBytes)) {
    yield planned(kernel, {
      values: range.of(values, rowBytes),
      result: range.of(result, rowBytes),
      rows: range.rows,
      channels,
      activation: activationCodes[activation],
    });
  }
}

/** Returns the marginals of logits [..., L]. Zheng et al. (2015), sections 4.1 and 4.2.5. */
export function softmax(values: Tensor, activation: Activation = "softmax"): Tensor {
  requireChoice("softmax", "activation", activation, activations);
  return op("softmax", { values }, () => activated(values, activation));
}

function activated(values: Tensor, activation: Activation): Tensor {
  const { device, rows, channels } = values;
  const result = emptyLike(values);
  perform(device, activate(device, { values: values.storage, result: result.storage, rows, channels }, activation));
  // The adjoint of softmax is computed from the marginals, that of ReLU over its sum from the logits.
  const known = activation === "softmax" ? result : values;
  return record(result, [values], [known], (gradient) => {
    const ofValues = emptyLike(known);
    const rowBytes = padded(channels) * 4;
    for (const range of rowRanges(device, rows, rowBytes)) {
      device.run(softmaxPullback, {
        values: range.of(known.storage, rowBytes),
        gradient: range.of(gradient.storage, rowBytes),
        result: range.of(ofValues.storage, rowBytes),
        rows: range.rows,
        channels,
        activation: activationCodes[activation],
      });
    }
    return [ofValues];
  });
}
