/** Goldens of whole networks: scores, activations, loss, the gradient of every parameter, and three steps of SGD. */
import { crossEntropy } from "../../src/nn/crossEntropy.ts";
import { fcn8s } from "../../src/models/fcn8s.ts";
import { fcn8sCrfRnn } from "../../src/models/fcn8sCrfRnn.ts";
import { fcnMultipliers } from "../../src/models/multipliers.ts";
import type { Network } from "../../src/models/network.ts";
import type { Device } from "../../src/device/device.ts";
import type { Labels } from "../../src/labels.ts";
import type { Multipliers } from "../../src/optim/multipliers.ts";
import type { Values } from "../../src/optim/optimizer.ts";
import { sgd } from "../../src/optim/sgd.ts";
import { Tape } from "../../src/tape.ts";
import type { Tensor } from "../../src/tensor.ts";
import { check, type Fixtures, maximum, readJson, readNpy, same } from "../suite.ts";

export interface NetworkGolden {
  readonly name: string;
  readonly kind: "fcn8s" | "fcn8s_crfrnn";
  // The values are those of the manifest; the checks below know their words.
  readonly params: Record<string, any>;
  readonly arrays: Readonly<Record<string, { readonly file: string }>>;
  readonly facts: Record<string, any>;
  readonly suggested_tolerance_rel_to_max: Readonly<Record<string, number | string>>;
}

/** Called with how much of its tolerance each result takes up. */
export type Note = (role: string, share: number) => void;

/** The networks of the manifest in `folder`. */
export async function listNetworks(fixtures: Fixtures, folder: string): Promise<NetworkGolden[]> {
  const { cases } = await readJson<{ cases: NetworkGolden[] }>(fixtures, `${folder}/manifest.json`);
  return cases.filter(({ kind }) => kind === "fcn8s" || kind === "fcn8s_crfrnn");
}

/** The manifest's names of the CRF's matrices, and their sign there. */
const crfArrays = {
  spatialWeight: ["crf_spatial_weights", 1],
  bilateralWeight: ["crf_bilateral_weights", 1],
  compatibility: ["crf_compatibility", -1],
} as const;

/** A golden on a device. */
export class NetworkCheck {
  readonly #golden: NetworkGolden;
  readonly #device: Device;
  readonly #fixtures: Fixtures;
  readonly #folder: string;
  readonly #note: Note;

  constructor(golden: NetworkGolden, device: Device, fixtures: Fixtures, folder: string, note: Note = () => {}) {
    this.#golden = golden;
    this.#device = device;
    this.#fixtures = fixtures;
    this.#folder = folder;
    this.#note = note;
  }

  /** Scores, activations, loss and gradients. */
  async gradients(): Promise<void> {
    using scope = this.#device.scope();
    const { facts, arrays } = this.#golden;
    const network = scope.add(await this.#network());
    const image = scope.add(await this.#map("input"));
    const mapOf = async (role: string): Promise<Tensor> => scope.add(await this.#map(role));
    const masks = arrays.drop6 && { fc6: await mapOf("drop6"), fc7: await mapOf("drop7") };
    using tape = new Tape([image, ...Object.values(network.parameters)]);
    const seen: string[] = [];
    const onLayer = async (name: string, result: Tensor): Promise<void> => {
      const role = name === "score" ? name : `acts/${name}`;
      if (!arrays[role]) return;
      seen.push(role);
      await this.#compareMap(role, result, name === "score" ? "score" : undefined);
    };
    const output = await network(image, { onLayer, masks });
    if (arrays.out) await this.#compareMap("out", output);
    const expected = Object.keys(arrays).filter((role) => role === "score" || role.startsWith("acts/"));
    check(seen.sort().join() === expected.sort().join(), `expected ${expected}, compared ${seen}`);
    const loss = crossEntropy(output, scope.add(await this.#labels()));
    this.#compareLoss("loss", (await loss.read())[0]!, facts.loss_f64);
    const gradients = await tape.gradients(loss);
    await this.#compareMap("grads/input", gradients.get(image)!, "grads/*");
    for (const role of Object.keys(arrays)) {
      if (!role.startsWith("grads/") || role === "grads/input") continue;
      const { parameter, sign } = parameterOf(role);
      const values = await gradients.get(network.parameters[parameter]!)!.read();
      await this.#compare(
        role,
        values.map((value) => sign * value),
        "grads/*",
      );
    }
  }

  /** Three steps, and the losses before, between and behind them. */
  async descent(kind: "sgd_plain" | "sgd_caffe"): Promise<void> {
    using scope = this.#device.scope();
    const { lr, momentum, losses_f64: losses } = this.#golden.facts[kind];
    const network = scope.add(await this.#network());
    const image = scope.add(await this.#map("input"));
    const labels = scope.add(await this.#labels());
    const before = await network.state();
    const multipliers: Multipliers = kind === "sgd_caffe" ? fcnMultipliers : {};
    const decay = kind === "sgd_caffe" ? 5e-4 : 0;
    const step = scope.add(sgd(network.parameters, { rate: lr, momentum, decay, multipliers }));
    for (const [round, expected] of (losses as number[]).entries()) {
      using tape = new Tape(Object.values(network.parameters));
      const loss = crossEntropy(await network(image), labels);
      this.#compareLoss(`${kind} loss ${round}`, (await loss.read())[0]!, expected);
      if (round === 3) break;
      step(await tape.gradients(loss));
    }
    const after = await network.state();
    for (const role of Object.keys(this.#golden.arrays)) {
      if (!role.startsWith(`${kind}_step3/`)) continue;
      const { parameter } = parameterOf(role);
      const expected = (await this.#array(role)).data;
      const moved = maximum(Array.from(expected, (value, i) => value - before[parameter]!.values[i]!));
      this.#within(role, after[parameter]!.values, expected, 1e-3 * moved + 1e-6 * maximum(expected));
    }
    if (kind === "sgd_plain") return;
    // The manifest has no arrays of what is to stay as it is.
    for (const name of ["upscore2.weight", "upscore_pool4.weight", "upscore8.weight"]) {
      same(after[name]!.values, before[name]!.values, name);
    }
  }

  async #network(): Promise<Network> {
    const { params, kind, arrays } = this.#golden;
    const { widths, fc, classes, upscore2_bias: upscore2Bias, scale_pool4: pool4, scale_pool3: pool3 } = params;
    const options = { widths, fc, classes, upscore2Bias, poolScales: [pool4, pool3] as const, dropout: 0 };
    const tensors: Record<string, Values> = {};
    const roles = Object.keys(arrays).filter((role) => role.startsWith("params/"));
    for (const role of roles) tensors[role.slice("params/".length)] = valuesOf(await this.#array(role));
    if (kind === "fcn8s") {
      const network = fcn8s(this.#device, options);
      await network.load(tensors);
      return network;
    }
    for (const [name, [role, sign]] of Object.entries(crfArrays))
      tensors[name] = valuesOf(await this.#array(role), sign);
    const { iterations, theta_alpha: position, theta_beta: color, theta_gamma } = params.crf;
    const crf = { iterations, bilateral: { position, color }, spatial: { position: theta_gamma } };
    const network = fcn8sCrfRnn(this.#device, { ...options, crf });
    await network.load(tensors);
    return network;
  }

  #array(role: string): ReturnType<typeof readNpy> {
    return readNpy(this.#fixtures, `${this.#folder}/${this.#golden.arrays[role]!.file}`);
  }

  /** An array [n, c, h, w] as a map [n, h, w, c]. */
  async #map(role: string): Promise<Tensor> {
    const { data, shape } = await this.#array(role);
    const [images, channels, height, width] = shape as [number, number, number, number];
    return this.#device.tensor([images, height, width, channels], channelsLast(data, shape));
  }

  async #labels(): Promise<Labels> {
    const { data, shape } = await this.#array("labels");
    return this.#device.labels(shape, data);
  }

  async #compareMap(role: string, result: Tensor, tolerance = role): Promise<void> {
    const { data, shape } = await this.#array(role);
    const { suggested_tolerance_rel_to_max: tolerances } = this.#golden;
    // Activations have no tolerance of their own in the manifest: that of the scores they lead to.
    const relative = (tolerances[tolerance] ?? tolerances.score) as number;
    const expected = channelsLast(data, shape);
    this.#within(role, await result.read(), expected, relative * maximum(expected));
  }

  async #compare(role: string, values: ArrayLike<number>, tolerance: string): Promise<void> {
    const { data } = await this.#array(role);
    const relative = this.#golden.suggested_tolerance_rel_to_max[tolerance] as number;
    this.#within(role, values, data, relative * maximum(data));
  }

  /** The manifest has no tolerance for losses: ten times a unit of float32, as it takes ten times what it measured. */
  #compareLoss(role: string, value: number, expected: number): void {
    this.#within(role, [value], [expected], 10 * 2 ** -23 * expected);
  }

  #within(role: string, values: ArrayLike<number>, expected: ArrayLike<number>, allowed: number): void {
    check(values.length === expected.length, `${role}: expected ${expected.length} values, got ${values.length}`);
    const worst = maximum(Array.from(expected, (value, i) => values[i]! - value));
    this.#note(role, allowed === 0 && worst === 0 ? 0 : worst / allowed);
    check(worst <= allowed, `${role}: off by ${worst}, allowed ${allowed}`);
  }
}

/** The parameter that an array is about, and its sign in the manifest. */
function parameterOf(role: string): { readonly parameter: string; readonly sign: number } {
  const name = role.slice(role.indexOf("/") + 1);
  const ofCrf = Object.entries(crfArrays).find(([, [theirs]]) => theirs === name);
  return ofCrf ? { parameter: ofCrf[0], sign: ofCrf[1][1] } : { parameter: name, sign: 1 };
}

function valuesOf({ data, shape }: { data: ArrayLike<number>; shape: readonly number[] }, sign = 1): Values {
  return { shape, values: Float32Array.from(data, (value) => sign * value) };
}

/** [n, c, h, w] → [n, h, w, c] */
function channelsLast(data: ArrayLike<number>, [, channels, height, width]: readonly number[]): Float32Array {
  const pixels = height! * width!;
  return Float32Array.from(data, (_, i) => {
    const [c, pixel, image] = [i % channels!, Math.floor(i / channels!) % pixels, Math.floor(i / channels! / pixels)];
    return data[(image * channels! + c) * pixels + pixel]!;
  });
}
