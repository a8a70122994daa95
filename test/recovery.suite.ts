/** After an error that was caught, anywhere in a step of training or in a call, everything goes on as if it had not been. */
import { crfRnn } from "../src/crf/crfRnn.ts";
import type { Device } from "../src/device/device.ts";
import { AbortError, type CrfRnnError, LimitError, ValueError } from "../src/errors.ts";
import { fcn8sCrfRnn } from "../src/models/fcn8sCrfRnn.ts";
import { crossEntropy } from "../src/nn/crossEntropy.ts";
import { panels } from "../src/layout.ts";
import { conv2d } from "../src/nn/conv2d.ts";
import { relu } from "../src/nn/relu.ts";
import type { Optimizer, Values } from "../src/optim/optimizer.ts";
import { sgd } from "../src/optim/sgd.ts";
import { Tape } from "../src/tape.ts";
import type { Tensor } from "../src/tensor.ts";
import type { Abortable } from "../src/turn.ts";
import { type Case, check, random, same } from "./suite.ts";

const classes = 2;
const size = [2, 3] as const;

type Small = Pick<ReturnType<typeof fcn8sCrfRnn>, "parameters" | "state" | "seed" | "dispose"> &
  ((image: Tensor, call: Abortable) => Promise<Tensor>);

const crfOptions = {
  iterations: 2,
  bilateral: { position: 3, color: 40 },
  spatial: { position: 2 },
  learn: { bandwidths: true },
};

/** FCN-8s, narrow, whose first maps have 200×200 pixels even so. */
export function deep(device: Device): Small {
  const network = fcn8sCrfRnn(device, { classes, widths: [4, 4, 4, 4, 4], fc: 4, crf: crfOptions });
  network.parameters["score_fr.weight"]!.write(random(9).array(4 * classes, -1, 1));
  return network;
}

/** One convolution, so that a step takes a millisecond or two and can be stopped at each of its allocations. */
export function shallow(device: Device): Small {
  const crf = crfRnn(device, { classes, ...crfOptions });
  const weight = device.tensor([classes, 3, 3, 3], random(8).array(classes * 27, -0.1, 0.1), panels);
  const parameters = { weight, ...crf.parameters };
  const call = async (image: Tensor, { signal }: Abortable): Promise<Tensor> => {
    using scores = relu(conv2d(image, weight, { padding: 1 }));
    return await crf(scores, image, { signal });
  };
  const state = async (): Promise<Record<string, Values>> => {
    const entries = Object.entries(parameters).map(
      async ([name, tensor]) => [name, { shape: tensor.shape, values: await tensor.read() }] as const,
    );
    return Object.fromEntries(await Promise.all(entries));
  };
  const dispose = (): void => [weight, crf].forEach((made) => made.dispose());
  return Object.assign(call, { parameters, state, seed: 0, dispose });
}

/** A network with a CRF that learns everything, its optimizer, and one step of both as a user would write it. */
class Training implements Disposable {
  readonly device: Device;
  readonly network: Small;
  readonly optimizer: Optimizer;

  constructor(device: Device, make: (device: Device) => Small = deep) {
    this.device = device;
    this.network = make(device);
    this.optimizer = sgd(this.network.parameters, { rate: 1e-3, momentum: 0.9, clip: 1 });
  }

  /** The loop is that of README: `using tape` is not needed for the next step to work. */
  async step(image: Float32Array, signal?: AbortSignal): Promise<void> {
    using scope = this.device.scope();
    const tape = new Tape(Object.values(this.network.parameters));
    const pixels = scope.tensor([...size, 3], image);
    const labels = scope.labels([...size], [0, 1, 1, 0, 255, 1]);
    const scores = scope.add(await this.network(pixels, { signal }));
    const loss = scope.add(crossEntropy(scores, labels));
    const gradients = await tape.gradients(loss, undefined, { signal });
    for (const gradient of gradients.values()) if (!gradient.scope) scope.add(gradient);
    this.optimizer(gradients);
    await this.device.finish();
  }

  async values(): Promise<Float32Array> {
    const state = { ...(await this.network.state()), ...(await this.optimizer.state()) };
    return Float32Array.from(Object.values(state).flatMap(({ values }) => Array.from(values)));
  }

  /** What a failed tape still holds goes when the next one takes over. */
  takeOver(): void {
    new Tape(Object.values(this.network.parameters)).dispose();
  }

  [Symbol.dispose](): void {
    this.optimizer.dispose();
    this.network.dispose();
  }
}

const picture = (seed: number): Float32Array => random(seed).array(size[0] * size[1] * 3, -60, 60);

/** What two steps without any trouble come to. */
async function undisturbed(device: Device, make?: (device: Device) => Small): Promise<Float32Array> {
  using training = new Training(device, make);
  for (const seed of [1, 2]) await training.step(picture(seed));
  return await training.values();
}

/** The error that `work` ends in; undefined where it ends well. @throws anything that is no error of the library */
async function caught(work: Promise<unknown>): Promise<CrfRnnError | undefined> {
  return work.then(
    () => undefined,
    (error: CrfRnnError) => {
      check(typeof error.where === "string", `expected an error of the library, got ${error}`);
      return error;
    },
  );
}

/** Lets the allocation that is counted down to 0 fail, as if memory had run out. */
function failAt(device: Device, countdown: number): Disposable & { readonly made: number } {
  const allocate = device.allocate.bind(device);
  const state = { made: 0, [Symbol.dispose]: () => void delete (device as { allocate?: unknown }).allocate };
  Object.assign(device, {
    allocate(bytes: number) {
      if (state.made++ !== countdown) return allocate(bytes);
      throw new LimitError({ where: "test", expected: "memory", got: "none left" });
    },
  });
  return state;
}

/** Aborts at the dispatch that is counted down to 0. */
function abortAt(device: Device, countdown: number): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController();
  let left = countdown;
  const observation = device.observe({ before: () => void (left-- === 0 && controller.abort()) });
  return { signal: controller.signal, [Symbol.dispose]: () => observation[Symbol.dispose]() };
}

/**
 * Lets memory run out at one in `stride` allocations of a step: each is a LimitError after which everything is given back,
 * and training goes on to the bits of one that nothing disturbed. More than `least` steps must fail so.
 */
export async function runOut(device: Device, make: typeof shallow, stride: number, least: number): Promise<void> {
  const expected = await undisturbed(device, make);
  using training = new Training(device, make);
  const { seed } = training.network;
  const before = device.bytes;
  let failures = 0;
  for (let countdown = 0; ; countdown += stride) {
    training.network.seed = seed;
    const { steps } = training.optimizer;
    using _failing = failAt(device, countdown);
    const error = await caught(training.step(picture(1)));
    if (!error) break; // behind the last allocation of a step
    training.takeOver();
    check(error instanceof LimitError, `allocation ${countdown}: ${error}`);
    check(device.bytes === before, `allocation ${countdown}: ${device.bytes - before} bytes left`);
    check(training.optimizer.steps === steps, "no step was taken");
    failures++;
  }
  check(failures > least, `${failures} failures`);
  using fresh = new Training(device, make);
  {
    using _failing = failAt(device, 40);
    check((await caught(fresh.step(picture(3)))) instanceof LimitError, "a first step");
  }
  fresh.network.seed = seed;
  for (const own of [1, 2]) await fresh.step(picture(own));
  same(await fresh.values(), expected, "parameters and moments");
}

export const cases: Case[] = [
  {
    name: "a training loop goes on after a picture with NaN, to the bits of one without it",
    async run(device) {
      const expected = await undisturbed(device);
      using training = new Training(device);
      const bad = picture(3);
      bad[7] = NaN;
      const { seed } = training.network;
      check((await caught(training.step(bad))) instanceof ValueError, "a picture with NaN");
      training.network.seed = seed;
      for (const own of [1, 2]) await training.step(picture(own));
      same(await training.values(), expected, "parameters and moments");
    },
  },
  {
    name: "a step that is aborted at any kernel gives everything back, and the loop goes on to the same bits",
    async run(device) {
      const expected = await undisturbed(device);
      using training = new Training(device);
      const { seed } = training.network;
      training.takeOver();
      const before = device.bytes;
      let aborted = 0;
      for (let countdown = 0; ; countdown += device.kind === "wasm" ? 13 : 71) {
        training.network.seed = seed;
        const { steps } = training.optimizer;
        const stopped = await training.values();
        using aborting = abortAt(device, countdown);
        const error = await caught(training.step(picture(4), aborting.signal));
        training.takeOver();
        if (!error) break; // behind the last piece of a step
        check(error instanceof AbortError, `kernel ${countdown}: ${error}`);
        check(device.bytes === before, `kernel ${countdown}: ${device.bytes - before} bytes left`);
        check(training.optimizer.steps === steps, "no step was taken");
        same(await training.values(), stopped, `parameters after kernel ${countdown}`);
        aborted++;
      }
      check(aborted > 5, `${aborted} steps were aborted`);
      using fresh = new Training(device);
      using early = abortAt(device, 40);
      check((await caught(fresh.step(picture(4), early.signal))) instanceof AbortError, "a first step");
      fresh.network.seed = seed;
      for (const own of [1, 2]) await fresh.step(picture(own));
      same(await fresh.values(), expected, "parameters and moments");
    },
  },
  ...[
    { name: "a step", make: shallow, stride: 3, least: 20 },
    { name: "a step of FCN-8s", make: deep, stride: 97, least: 1 },
  ].map(({ name, make, stride, least }) => ({
    name: `memory that runs out at one in many allocations of ${name}: a LimitError, everything given back, and the same bits afterwards`,
    run: (device: Device) => runOut(device, make, device.kind === "wasm" ? stride : 3 * stride, least),
  })),
  {
    name: "memory that runs out at any allocation of an inference: the layer goes on to serve",
    async run(device) {
      using scope = device.scope();
      const crf = scope.add(crfRnn(device, { classes, iterations: 2, spatial: { position: 2 } }));
      const [unary, guide] = [classes, 3].map((c) => scope.tensor([5, 6, c], random(c).array(30 * c, 0, 9)));
      const before = device.bytes;
      for (let countdown = 0; ; countdown++) {
        using _failing = failAt(device, countdown);
        const error = await caught(crf(unary!, guide!).then((result) => scope.add(result)));
        if (!error) break;
        check(error instanceof LimitError, `allocation ${countdown}: ${error}`);
        // The spatial lattice is kept once it is built.
        const kept = device.bytes - before;
        check(kept === 0 || countdown > 20, `allocation ${countdown}: ${kept} bytes left`);
      }
      const first = await (await crf(unary!, guide!)).read();
      using other = crfRnn(device, { classes, iterations: 2, spatial: { position: 2 } });
      same(first, await (await other(unary!, guide!)).read(), "a layer that has seen no error");
    },
  },
];
