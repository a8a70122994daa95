import { addUnrecorded } from "../addUnrecorded.ts";
import type { Device } from "../device/device.ts";
import { DeviceError, InternalError } from "../errors.ts";
import { emptyLike, type Tensor } from "../tensor.ts";
import { differentiate, type Differentiated, disposeAll } from "./differentiate.ts";
import { digestOf } from "./digest.ts";
import type { Saved } from "./diverged.ts";
import { requireSame, textOf } from "./alike.ts";
import type { GradientSum, Ranks } from "./ranks.ts";
import type { Run } from "./run.ts";
import type { Sample } from "./sample.ts";

/** This rank's share in every step: it computes some of the draws, and gets the sum over all. */
export class Share {
  readonly #run: Run;
  readonly #ranks: Ranks;
  /** The parameters in the order in which their gradients become known. */
  readonly #order: readonly Tensor[];
  readonly #indices: ReadonlyMap<Tensor, number>;
  readonly #sum: GradientSum;

  private constructor(run: Run, ranks: Ranks, order: readonly Tensor[], flushes: boolean) {
    this.#run = run;
    this.#ranks = ranks;
    this.#order = order;
    this.#indices = new Map(order.map((parameter, index) => [parameter, index]));
    const lengths = order.map(({ storage }) => storage.bytes / 4);
    this.#sum = ranks.sum({ lengths, batch: run.configuration.batch, flushes });
  }

  /**
   * Computes the gradients of one draw at every rank, which have to have the same bits: the same build may still compute differently on
   * another processor or driver.
   * @throws DeviceError where they differ
   */
  static async begin(run: Run, ranks: Ranks, sample: Sample, draw: number): Promise<Share> {
    const order: Tensor[] = [];
    const read: Promise<ArrayBuffer>[] = [];
    const found = await differentiate(run, sample, draw, {}, (parameter, gradient) => {
      order.push(parameter);
      read.push(parameter.device.read(gradient.storage));
    });
    disposeAll(found.gradients);
    const names = new Map(Object.entries(run.trainable.parameters).map(([name, tensor]) => [tensor, name]));
    const digests = [`loss ${found.loss}\t${ranks.host}`];
    for (const [index, bytes] of read.entries()) {
      digests.push(`${names.get(order[index]!)} ${await digestOf(new Uint8Array(await bytes))}\t${ranks.host}`);
    }
    await requireSame(ranks, digests.join("\n"), {
      expected: "ranks that compute a first gradient to the same bits",
      remedy:
        "train on machines of one kind with one version of the host and its driver, or add --device wasm --plain-simd",
    });
    return new Share(run, ranks, order, await flushesSubnormals(order[0]!.device));
  }

  /** Computes this rank's draws of a step; the gradients are the sums over all ranks' draws. */
  async differentiate(
    draws: readonly number[],
    sampleOf: (draw: number) => Promise<Sample>,
    saved: Saved,
  ): Promise<Differentiated> {
    const said: number[] = [];
    this.#sum.begin();
    for (const draw of draws) {
      const { gradients, loss, pixels } = await differentiate(
        this.#run,
        await sampleOf(draw),
        draw,
        saved,
        (parameter, gradient) => this.#add(draw, parameter, gradient),
      );
      disposeAll(gradients);
      said.push(loss, pixels);
    }
    const sums = await this.#sum.finish();
    const { loss, pixels } = await this.#total(said);
    const gradients = new Map(this.#order.map((parameter) => [parameter, emptyLike(parameter)]));
    for (const [index, { device, storage }] of [...gradients.values()].entries()) {
      // WebGPU takes no memory that threads share.
      device.write(storage, device.kind === "webgpu" ? sums[index]!.slice() : sums[index]!);
    }
    return { gradients, loss, pixels };
  }

  /** Whether one of the ranks says so. */
  async any(own: boolean): Promise<boolean> {
    return (await this.#ranks.exchange(Uint8Array.of(Number(own)))).some(([said]) => said === 1);
  }

  #add(draw: number, parameter: Tensor, gradient: Tensor): void {
    const index = this.#indices.get(parameter);
    if (index === undefined) {
      throw new InternalError({ where: "training", expected: "the gradients of the first draw", got: "another one" });
    }
    this.#sum.add(draw, index, parameter.device.read(gradient.storage));
  }

  /** Adds losses up in the order of draws. */
  async #total(own: readonly number[]): Promise<{ readonly loss: number; readonly pixels: number }> {
    const all = await this.#ranks.exchange(new Uint8Array(Float64Array.from(own).buffer));
    const said = all.map((bytes) => new Float64Array(bytes.slice().buffer));
    let [loss, pixels] = [0, 0];
    for (let draw = 0; draw < this.#run.configuration.batch; draw++) {
      const at = 2 * Math.floor(draw / said.length);
      loss += said[draw % said.length]![at]!;
      pixels += said[draw % said.length]![at + 1]!;
    }
    return { loss, pixels };
  }
}

/**
 * Whether a device takes subnormal numbers for zero when it adds, as shaders may. Sums over ranks are made by the processor, which has to do
 * as the device does.
 * @throws DeviceError where it does neither
 */
async function flushesSubnormals(device: Device): Promise<boolean> {
  const [a, b] = [Float32Array.of(1e-40, 1e-40, 1.5e-38, 1), Float32Array.of(2e-40, 1, -1.2e-38, 2)];
  using left = device.tensor([4], a);
  using right = device.tensor([4], b);
  using sum = addUnrecorded(left, right);
  const found = await sum.read();
  const flushed = (value: number): number => (Math.abs(value) < 2 ** -126 ? 0 : value);
  const kept = found.every((value, i) => value === Math.fround(a[i]! + b[i]!));
  const flushes = found.every((value, i) => value === flushed(Math.fround(flushed(a[i]!) + flushed(b[i]!))));
  if (kept || flushes) return !kept;
  throw new DeviceError({
    where: "--distributed",
    expected: "a device that adds subnormal numbers, or takes all of them for zero",
    got: textOf(device.info),
    remedy: "train with --device wasm",
  });
}
