import { perform } from "../../src/device/work.ts";
import { softmax as kernel } from "../../build/kernels.ts";
import { activate } from "../../src/crf/softmax.ts";
import { floor } from "../floor.ts";

export const softmax = floor({
  kernel,
  moves: "values and result once",
  bytes: ({ values, result }) => values.bytes + result.bytes,
  computes: "a channel: maximum, difference, exp, sum, quotient",
  operations: ({ rows, channels }) => rows * channels * 5,
  queue: ({ unary, result, points, classes }, device) =>
    perform(
      device,
      activate(device, { values: unary.storage, result: result.storage, rows: points, channels: classes }, "softmax"),
    ),
});
