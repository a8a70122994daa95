/**
 * An op of one's own, with a gradient, on every device: swish(x) = x·σ(x) with σ the logistic function (Ramachandran, Zoph and Le 2017).
 * It shows all that it takes: a kernel in WGSL with its twin in JavaScript, a pullback, and `record`, which tells the tape.
 */
import { defineKernel, record, requireInputs, type Tensor } from "crf-rnn";

const shader = (body: string): string => `
struct Params { count: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> values: array<f32>;
@group(0) @binding(2) var<storage, read> gradient: array<f32>;
@group(0) @binding(3) var<storage, read_write> result: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let i = id.y * workgroupCount.x * 64u + id.x;
  if (i >= params.count) { return; }
  let x = values[i];
  let sigma = 1.0 / (1.0 + exp(-x));
  ${body}
}`;

const signature = {
  bindings: [
    { name: "values", access: "read", type: "array<f32>" },
    { name: "gradient", access: "read", type: "array<f32>" },
    { name: "result", access: "write", type: "array<f32>" },
  ],
  params: [{ name: "count", type: "u32" }],
  count: ({ count }: { readonly count: number }) => count,
} as const;

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

const forward = defineKernel({
  id: "examples/swish",
  ...signature,
  code: shader("result[i] = x * sigma;"),
  twin({ values, result }, _, begin, end) {
    for (let i = begin; i < end; i++) result![i] = values![i]! * sigmoid(values![i]!);
  },
});

/** d/dx x·σ(x) = σ(x)·(1 + x·(1 − σ(x))) */
const backward = defineKernel({
  id: "examples/swish.pullback",
  ...signature,
  code: shader("result[i] = gradient[i] * sigma * (1.0 + x * (1.0 - sigma));"),
  twin({ values, gradient, result }, _, begin, end) {
    for (let i = begin; i < end; i++) {
      const sigma = sigmoid(values![i]!);
      result![i] = gradient![i]! * sigma * (1 + values![i]! * (1 - sigma));
    }
  },
});

/** x·σ(x), element by element, of any shape. Padding stays zero, as swish(0) = 0. */
export function swish(values: Tensor): Tensor {
  const device = requireInputs("swish", { values });
  const count = values.storage.bytes / 4;
  const result = values.like();
  // The forward kernel does not read a gradient: any storage but the one that is written will do.
  device.run(forward, { values: values.storage, gradient: values.storage, result: result.storage, count });
  return record(result, [values], [values], (gradient) => {
    const ofValues = device.empty(values.shape, values.layout);
    device.run(backward, {
      values: values.storage,
      gradient: gradient.storage,
      result: ofValues.storage,
      count,
    });
    return [ofValues];
  });
}
