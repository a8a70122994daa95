/** What is done with each frame, in a page as in Node, and how long each part of it takes. */
import {
  conv2d,
  type CrfRnn,
  crfRnn,
  type Device,
  type ImageSource,
  imageTensor,
  panels,
  type Refined,
  refine,
  resize,
  type Tensor,
} from "crf-rnn";

/** The height and the width of the pictures that are labeled. */
type Size = readonly [height: number, width: number];

/** The parts of the work, in their order. */
export const parts = ["picture", "scores", "lattice", "iterations", "labels"] as const;

/** Milliseconds of each part. */
export type Times = Record<(typeof parts)[number], number>;

/** What is kept from frame to frame. */
export interface Labeler extends Disposable {
  readonly device: Device;
  /** Frames of any size are made this large. */
  readonly size: Size;
  /** One layer for all frames: it keeps the spatial lattice, which depends on their size alone. */
  readonly crf: CrfRnn;
  /** Makes scores [h, w, 2] of a frame: here of colors alone, elsewhere a network's. */
  scoresOf(frame: Tensor): Tensor;
}

/** Makes a labeler of what is orange. Its scores are a quarter as large as the frames, as those of networks are. */
export function orangeLabeler(device: Device, size: Size): Labeler {
  const crf = crfRnn(device, {
    classes: 2,
    bilateral: { position: 40, color: 20, weight: 3 },
    spatial: { position: 3, weight: 1 },
  });
  // A network of one layer: a pixel is orange where it has more red than blue, by 60 levels at least.
  const weight = device.tensor([2, 3, 1, 1], [0, 0, 0, 0.02, 0, -0.02], panels);
  const bias = device.tensor([2], [0, -1.2]);
  return {
    device,
    size,
    crf,
    scoresOf(frame) {
      using small = resize(frame, [Math.ceil(size[0] / 4), Math.ceil(size[1] / 4)]);
      return conv2d(small, weight, { bias });
    },
    [Symbol.dispose]() {
      for (const own of [crf, weight, bias]) own.dispose();
    },
  };
}

/**
 * Labels a frame. Each part is waited for, so that it can be timed. The lattice's time is what comes before the iterations: the
 * interpolation of the scores and a search for NaN are in it. As the first iteration is heard of when it ends, it is taken
 * to be as long as the others, but for what there was no time for.
 */
export async function labelFrame(
  { device, size, crf, scoresOf }: Labeler,
  frame: ImageSource,
): Promise<{ readonly refined: Refined; readonly times: Times }> {
  using scope = device.scope();
  const marks = [performance.now()];
  const mark = async (): Promise<void> => {
    await device.finish();
    marks.push(performance.now());
  };
  const picture = scope.add(imageTensor(device, frame, { size }));
  await mark();
  const scores = scope.add(scoresOf(picture));
  await mark();
  const refined = await refine(device, picture, scores, { crf, onIteration: mark });
  const [begin, seen, scored, first, ...later] = marks as [number, number, number, number];
  const last = (later as number[]).at(-1) ?? first;
  const iteration = Math.min((last - first) / Math.max(1, later.length), first - scored);
  const times = {
    picture: seen - begin,
    scores: scored - seen,
    lattice: first - scored - iteration,
    iterations: last - first + iteration,
    labels: performance.now() - last,
  };
  return { refined, times };
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;

/** Says the median time of each part over some frames, and how many a second that makes. */
export function summary(frames: readonly Times[]): string {
  const told = parts.map((part) => `${part} ${median(frames.map((times) => times[part])).toFixed(1)}`);
  const whole = median(frames.map((times) => parts.reduce((sum, part) => sum + times[part], 0)));
  return `${told.join(", ")}: ${whole.toFixed(1)} ms a frame, ${(1000 / whole).toFixed(1)} frames a second`;
}
