import { concat, conv2d, type Device, maxPool2d, panels, resize, type Tensor } from "crf-rnn";

/** A small U-Net: three scales, each of the finer two joined to what comes back from the coarser one. */
export interface UNet {
  readonly parameters: Readonly<Record<string, Tensor>>;
  /** Scores [h, w, classes] of an image [h, w, 3] of any size, about −1…1. */
  scores(image: Tensor): Tensor;
}

/** The convolutions, with the channels that each takes and gives, in shares of the width. */
const layers = {
  fine1: { from: 0, to: 1 },
  fine2: { from: 1, to: 1 },
  middle1: { from: 1, to: 2 },
  middle2: { from: 2, to: 2 },
  coarse1: { from: 2, to: 4 },
  coarse2: { from: 4, to: 4 },
  middle3: { from: 4 + 2, to: 2 },
  fine3: { from: 2 + 1, to: 1 },
} as const;

export function makeUNet(device: Device, classes: number, width: number, seed = 1): UNet {
  const random = normalNumbers(seed);
  const parameters: Record<string, Tensor> = {};
  const add = (name: string, from: number, to: number, size: number): void => {
    // He's initialization keeps the size of activations from layer to layer.
    const spread = Math.sqrt(2 / (from * size * size));
    const values = Float32Array.from({ length: to * from * size * size }, () => spread * random());
    parameters[`${name}.weight`] = device.tensor([to, from, size, size], values, panels);
    parameters[`${name}.bias`] = device.tensor([to]);
  };
  for (const [name, { from, to }] of Object.entries(layers)) add(name, from === 0 ? 3 : from * width, to * width, 3);
  add("score", width, classes, 1);

  const conv = (name: keyof typeof layers, values: Tensor): Tensor =>
    conv2d(values, parameters[`${name}.weight`]!, { bias: parameters[`${name}.bias`]!, padding: 1, relu: true });
  const sizeOf = ({ shape }: Tensor): [number, number] => [shape[0]!, shape[1]!];

  const scores = (image: Tensor): Tensor => {
    const fine = conv("fine2", conv("fine1", image));
    const middle = conv("middle2", conv("middle1", maxPool2d(fine)));
    const coarse = conv("coarse2", conv("coarse1", maxPool2d(middle)));
    const joined = conv("middle3", concat([resize(coarse, sizeOf(middle)), middle]));
    const last = conv("fine3", concat([resize(joined, sizeOf(fine)), fine]));
    return conv2d(last, parameters["score.weight"]!, { bias: parameters["score.bias"]! });
  };
  return { parameters, scores };
}

/** Numbers of a normal distribution (Box and Muller), the same for the same seed. */
function normalNumbers(seed: number): () => number {
  let state = seed;
  const uniform = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}
