/** How forms are timed and chosen, on a device that is made up: its clock stands still but for what is run on it. */
import type { Data, Device, DeviceInfo, Storage } from "../../src/device/device.ts";
import { DeviceError, ShaderError, ValueError } from "../../src/errors.ts";
import type { Kernel } from "../../src/kernel.ts";
import { convolutionForms } from "../../src/nn/convolution.ts";
import { type Form, type Forms, fastest, formsFor, rates } from "../../src/nn/forms.ts";
import { productForms } from "../../src/nn/product.ts";
import { measureForms, tune } from "../../src/nn/tune.ts";
import { type Case, check, close, rejects } from "../suite.ts";

/** What a kernel does when it is run: how many milliseconds its run takes, and what it leaves in each word it writes. */
interface Behavior {
  readonly milliseconds: number | ((run: number) => number);
  readonly word?: number;
  /** What it leaves in the last word, if that differs. */
  readonly last?: number;
  /** What reading its result ends in. */
  readonly error?: Error;
}

const largestBinding = 2 ** 21;

/** A device that runs nothing but its clock, with the behavior of kernels by their ids. */
class StoppedDevice {
  readonly kind: Device["kind"];
  readonly info: DeviceInfo;
  readonly limits: Device["limits"];
  readonly #behaviors: Readonly<Record<string, Behavior>>;
  readonly written: Data[] = [];
  readonly runs = new Map<string, number>();
  live = 0;
  now = 0;
  #queued = 0;
  #error: Error | undefined;

  constructor(
    behaviors: Readonly<Record<string, Behavior>>,
    info: Partial<DeviceInfo> = {},
    { kind = "webgpu", bindingBytes = largestBinding }: { kind?: Device["kind"]; bindingBytes?: number } = {},
  ) {
    this.kind = kind;
    this.info = { name: "stopped", hardware: false, threads: 1, worker: false, variant: "", fallbacks: [], ...info };
    this.limits = { bindingBytes, bufferBytes: bindingBytes, alignment: 256 };
    this.#behaviors = behaviors;
  }

  allocate(bytes: number): Storage {
    this.live++;
    return { handle: new Uint32Array(bytes / 4).fill(7), offset: 0, bytes };
  }

  release(): void {
    this.live--;
  }

  write(_: Storage, data: Data): void {
    this.written.push(data);
  }

  clear({ handle }: Storage): void {
    (handle as Uint32Array).fill(0);
  }

  run(kernel: Kernel<object>, args: Record<string, Storage>): void {
    const { milliseconds, word, last, error } = this.#behaviors[kernel.id]!;
    const run = this.runs.get(kernel.id) ?? 0;
    this.runs.set(kernel.id, run + 1);
    this.#queued += typeof milliseconds === "number" ? milliseconds : milliseconds(run);
    const { name } = kernel.bindings.find(({ access }) => access === "write")!;
    const memory = args[name]!.handle as Uint32Array;
    if (word !== undefined) memory.fill(word);
    if (last !== undefined) memory[memory.length - 1] = last;
    this.#error = error;
  }

  async read({ handle }: Storage): Promise<ArrayBuffer> {
    if (this.#error) throw this.#error;
    await this.finish();
    return (handle as Uint32Array<ArrayBuffer>).slice().buffer;
  }

  finish(): Promise<void> {
    this.now += this.#queued;
    this.#queued = 0;
    return Promise.resolve();
  }

  get device(): Device {
    return this as unknown as Device;
  }
}

/** Runs `work` by the clock of a device. */
async function byClockOf<Result>(device: StoppedDevice, work: (device: Device) => Promise<Result>): Promise<Result> {
  Object.defineProperty(performance, "now", { value: () => device.now, configurable: true });
  try {
    return await work(device.device);
  } finally {
    Reflect.deleteProperty(performance, "now");
  }
}

const bindings = [
  { name: "values", access: "read", type: "array<f32, 0>" },
  { name: "result", access: "write", type: "array<f32, 0>" },
] as const;

const form = (id: string, sums: number): Form<object> => ({
  name: "tiled",
  kernel: { id, bindings } as unknown as Kernel<object>,
  sums: () => sums,
});

/** Forms of a kernel that reads 4096 bytes and writes 64. */
const formsOf = (usual: Form<object>, ...others: Form<object>[]): Forms<object> => ({
  usual,
  others,
  typical: () => ({ values: 4096, result: 64 }),
});

/** A name that no device of another case has: rates are kept by it for as long as the process lives. */
let names = 0;
const newName = (): string => `stopped ${names++}`;

const all = (milliseconds: Record<string, number>): Record<string, Behavior> =>
  Object.fromEntries(Object.entries(milliseconds).map(([id, time]) => [id, { milliseconds: time, word: 1 }]));

const [product, tiledProduct, smallProduct, subgroupProduct] = [productForms.usual, ...productForms.others].map(
  ({ kernel }) => kernel.id,
) as [string, string, string, string];
const [direct, tiledDirect, smallDirect] = [convolutionForms.usual, ...convolutionForms.others].map(
  ({ kernel }) => kernel.id,
) as [string, string, string];
const times = {
  [product]: 8,
  [tiledProduct]: 2,
  [smallProduct]: 16,
  [subgroupProduct]: 4,
  [direct]: 3,
  [tiledDirect]: 6,
  [smallDirect]: 12,
};

export const cases: Case[] = [
  {
    name: "a round is repeated until it takes fifteen milliseconds, and the least time of five counts",
    async run() {
      // Eight runs of both take fifteen milliseconds to the bit, or a little less, so that sixteen are needed.
      for (const [milliseconds, length] of [
        [0.875, 8],
        [0.75, 16],
      ] as const) {
        // After a first run for its bits, and rounds of 1, 2, 4, … runs, there are four rounds of as many as the last.
        const factor = (factors: readonly number[], run: number): number =>
          run < 2 * length ? 1 : factors[Math.floor(run / length) - 2]!;
        const broken = new ShaderError({
          where: "tune",
          expected: "WGSL",
          got: "none",
          kernel: "broken",
          file: "",
          line: 1,
        });
        const device = new StoppedDevice({
          usual: { word: 1, milliseconds: (run) => factor([3, 1, 0.5, 2], run) },
          other: { word: 1, milliseconds: (run) => milliseconds * factor([1, 3, 2, 2], run) },
          // What was begun before a round is over before it is timed.
          broken: { milliseconds: 1000, error: broken },
        });
        const forms = formsOf(form("usual", 100), form("other", 700), form("broken", 1));
        const found = await byClockOf(device, (own) => measureForms(own, forms));
        const runs = Object.fromEntries(device.runs);
        const expected = { usual: 6 * length, other: 6 * length, broken: 1 };
        check(JSON.stringify(runs) === JSON.stringify(expected), `${JSON.stringify(runs)} runs`);
        check(device.live === 0, `${device.live} storages are left`);
        // Sums in a millisecond.
        check(found.size === 2 && found.get("usual") === 100 / 0.5, `${found.get("usual")}`);
        check(found.get("other") === 700 / milliseconds, `${found.get("other")}`);
      }
    },
  },
  {
    name: "forms of other bits, of no result, and those that do not compile are left out; other errors are thrown",
    async run() {
      const where = { where: "tune", expected: "a kernel that compiles", got: "none" };
      const behaviors: Record<string, Behavior> = {
        usual: { milliseconds: 20, word: 5 },
        same: { milliseconds: 20, word: 5 },
        different: { milliseconds: 20, word: 6 },
        partly: { milliseconds: 20, word: 5, last: 6 },
        // What the form before has left there must not be taken for its result.
        idle: { milliseconds: 20 },
        broken: {
          milliseconds: 20,
          error: new ShaderError({ ...where, kernel: "broken", file: "broken.wgsl", line: 1 }),
        },
        lost: { milliseconds: 20, error: new DeviceError(where) },
      };
      const device = new StoppedDevice(behaviors);
      const [usual, same, different, partly, idle, broken, lost] = Object.keys(behaviors).map((id) => form(id, 1));
      const forms = formsOf(usual!, broken!, idle!, different!, partly!, same!);
      const found = await byClockOf(device, (own) => measureForms(own, forms));
      check([...found.keys()].join() === "usual,same", [...found.keys()].join());
      await byClockOf(device, (own) => rejects(() => measureForms(own, formsOf(usual!, lost!)), DeviceError));
      check(device.live === 0, `${device.live} storages are left`);
    },
  },
  {
    name: "the numbers to measure with have both signs, lie below 1 and use every bit of the mantissa",
    async run() {
      const device = new StoppedDevice(all({ usual: 20 }));
      await byClockOf(device, (own) => measureForms(own, formsOf(form("usual", 1))));
      check(device.written.length === 1, `${device.written.length} storages are written, not what is read alone`);
      const values = [...device.written[0]!];
      check(values.length === 1024 && values.every((value) => value >= -1 && value < 1), `${values.length} values`);
      const steps = values.map((value) => value * 2 ** 23);
      check(steps.every(Number.isInteger), "units of 2^-23");
      const share = (matches: (value: number) => boolean): number => steps.filter(matches).length / 1024;
      for (const part of [share((value) => value < 0), share((value) => value % 2 !== 0)])
        check(part > 0.4 && part < 0.6, `${part} of the numbers`);
      check(share((value) => Math.abs(value) > 2 ** 22) > 0.4, "half of them are above one half");
      check(new Set(values).size === 1024 && !values.includes(0), "no number comes twice, and none is 0");
    },
  },
  {
    name: "tune chooses for each kernel the form of the highest rate, and says by how much the others are slower",
    async run() {
      const info = { name: newName(), subgroupSize: 8 };
      const device = new StoppedDevice(all(times), info);
      const choices = await byClockOf(device, tune);
      const expected = [
        { kernel: "nn/product", form: "tiled", times: { registers: 4, tiled: 1, small: 8, subgroup: 2 }, refused: [] },
        { kernel: "nn/convolution", form: "registers", times: { registers: 1, tiled: 2, small: 4 }, refused: [] },
      ];
      check(JSON.stringify(choices) === JSON.stringify(expected), JSON.stringify(choices));
      const chosen = [
        fastest(device.device, productForms, productForms.typical() as never),
        fastest(device.device, convolutionForms, convolutionForms.typical() as never),
      ];
      check(chosen.map(({ name }) => name).join() === "tiled,registers", "the forms that were chosen run");
      const found = rates.get(device.device)!;
      close(
        [found.get(product)!, found.get(tiledDirect)!],
        // 16 products of 512 by 64 sums, and 128 pixels of 4096 outputs.
        [(16 * 512 * 64) / 8, (128 * 4096) / 6],
        { relative: 1e-12 },
        "rates",
      );
    },
  },
  {
    name: "of forms that are equally fast the usual one is taken, and one that was refused never",
    async run() {
      const same = Object.fromEntries(Object.keys(times).map((id) => [id, 5]));
      const device = new StoppedDevice(all(same), { name: newName() });
      const choices = await byClockOf(device, tune);
      check(
        choices.every(({ form }) => form === "registers"),
        JSON.stringify(choices),
      );
      const typical = productForms.typical() as never;
      check(fastest(device.device, productForms, typical) === productForms.usual, "the usual form");
      rates.set(device.device, new Map([[product, 0.5]]));
      check(fastest(device.device, productForms, typical) === productForms.usual, "a slow one, but no other");
      await rejects(() => tune({} as Device), ValueError);
    },
  },
  {
    name: "tune measures once an adapter, and once more after an error",
    async run() {
      const info = { name: newName(), variant: "a", subgroupSize: 8 };
      const first = new StoppedDevice(all(times), info);
      const choices = await byClockOf(first, tune);
      const again = new StoppedDevice({}, info);
      check(JSON.stringify(await tune(again.device)) === JSON.stringify(choices), "the same choices");
      check(rates.get(again.device) === rates.get(first.device), "the same rates");
      for (const other of [{ variant: "b" }, { name: newName() }, { subgroupSize: 32 }]) {
        const device = new StoppedDevice(all({ ...times, [direct]: 60 }), { ...info, ...other });
        const [ofProduct, ofDirect] = await byClockOf(device, tune);
        check(ofDirect!.form === "tiled", `${JSON.stringify(other)} was not measured`);
        const names = Object.keys(ofProduct!.times).join();
        // No subgroups of eight, no form that is written for them.
        const expected = other.subgroupSize ? "registers,tiled,small" : "registers,tiled,small,subgroup";
        check(names === expected && ofProduct!.refused.length === 0, `${JSON.stringify(other)}: ${names}`);
      }
      const name = newName();
      const error = new DeviceError({ where: "tune", expected: "a device", got: "none" });
      const lost = new StoppedDevice({ ...all(times), [product]: { milliseconds: 1, error } }, { name });
      await byClockOf(lost, (own) => rejects(tune(own), DeviceError));
      const mended = await byClockOf(new StoppedDevice(all(times), { name }), tune);
      check(mended.length === 2, "an error is not kept");
    },
  },
  {
    name: "tune refuses forms of other bits, and measures only where bindings hold what it measures with",
    async run() {
      const behaviors = { ...all(times), [tiledProduct]: { milliseconds: 1, word: 2 } };
      const [choice] = await byClockOf(new StoppedDevice(behaviors, { name: newName(), subgroupSize: 8 }), tune);
      const expected = {
        kernel: "nn/product",
        form: "subgroup",
        times: { registers: 2, small: 4, subgroup: 1 },
        refused: ["tiled"],
      };
      check(JSON.stringify(choice) === JSON.stringify(expected), JSON.stringify(choice));
      for (const limits of [{ bindingBytes: largestBinding - 1 }, { kind: "wasm" }] as const) {
        const device = new StoppedDevice({}, { name: newName() }, limits);
        check((await tune(device.device)).length === 0, JSON.stringify(limits));
        check(rates.get(device.device) === undefined, "rates of what was not measured");
      }
    },
  },
  {
    name: "WASM has the usual form alone, and a form for subgroups of eight runs where all have eight",
    async run() {
      const namesOn = (kind: Device["kind"], subgroupSize: number | undefined): string =>
        formsFor(new StoppedDevice({}, { subgroupSize }, { kind }).device, productForms)
          .map(({ name }) => name)
          .join();
      check(namesOn("wasm", 8) === "registers", namesOn("wasm", 8));
      check(namesOn("webgpu", 8) === "registers,tiled,small,subgroup", namesOn("webgpu", 8));
      for (const size of [undefined, 4, 32]) check(namesOn("webgpu", size) === "registers,tiled,small", `${size}`);
    },
  },
  {
    name: "what is measured with is a product of 67 million operations and a convolution of 75, in tiles that are full",
    async run() {
      const p = productForms.typical();
      // Minimal filtering of 512 tiles, from 64 channels to 64.
      const [tiles, channels] = [512, 64];
      check(p.batch === 16 && p.rowPanels * 4 === tiles && p.columnPanels * 8 === channels, "panels");
      check(p.termRows === 1 && p.termColumns === channels && p.termStride === 1 && p.batchColumns === 1, "terms");
      check(p.leftPanelStride === channels && p.leftRowStride === p.rowPanels * channels, "left");
      check(p.rightBatchStride === p.columnPanels * channels && p.rightPanelStride === channels, "right");
      check(p.firstColumnPanel === 0 && p.accumulate === 0, "whole");
      check(p.left === 16 * tiles * channels * 4 && p.right === 16 * channels * channels * 4, "bytes of operands");
      check(p.result === 16 * tiles * channels * 4, "bytes of the result");
      const c = convolutionForms.typical();
      check(c.images === 1 && c.resultHeight * c.resultWidth === 128 && c.outputs === 4096, "result");
      check(c.kernelHeight === 3 && c.kernelWidth === 3 && c.channels === 8, "9 taps of 8 channels");
      check(c.height === c.resultHeight + 2 && c.width === c.resultWidth + 2, "no padding");
      check(c.paddingY === 0 && c.paddingX === 0 && c.stride === 1 && c.inputDilation === 1, "stride 1");
      check(c.panels * 8 === c.outputs && c.firstPanel === 0, "all panels");
      check(c.biased === 1 && c.relu === 1 && c.valueSkip === 0 && c.resultSkip === 0, "bias and ReLU");
      check(c.values === c.height * c.width * 8 * 4 && c.weights === 4096 * 9 * 8 * 4, "bytes of operands");
      check(c.bias === 4096 * 4 && c.result === 128 * 4096 * 4, "bytes of the result");
      for (const { name, sums } of [productForms.usual, ...productForms.others])
        check(sums(p as never) === 16 * tiles * channels, `${name}: ${sums(p as never)} sums`);
      for (const { name, sums } of [convolutionForms.usual, ...convolutionForms.others])
        check(sums(c as never) === 128 * 4096, `${name}: ${sums(c as never)} sums`);
    },
  },
  {
    name: "tiles that are not full count as if they were",
    async run() {
      const p = { ...productForms.typical(), rowPanels: 5, columnPanels: 5, batch: 3 };
      const productSums = [productForms.usual, ...productForms.others].map(({ sums }) => sums(p as never));
      // 5 by 5 panels of 4 by 8 sums; a tile of 64 by 64; two of 64 by 32; four of 16 by 32.
      close(productSums, [3 * 25 * 32, 3 * 4096, 3 * 2 * 2048, 3 * 4 * 512], {}, "products");
      const c = convolutionForms.typical();
      for (const [change, registers, tiled, small] of [
        // 2 images of 35 pixels in nines of four and in one tile each; 9 panels of 8 in two tiles of 64 outputs or three of 32.
        [{ images: 2, resultHeight: 5, resultWidth: 7, panels: 9 }, 2 * 36 * 72, 2 * 64 * 128, 2 * 64 * 96],
        // Nine phases of up to 2 by 3 pixels, each by itself.
        [{ inputDilation: 3, resultHeight: 5, resultWidth: 7, panels: 8 }, 9 * 8 * 64, 9 * 64 * 64, 9 * 64 * 64],
      ] as const) {
        const sums = [convolutionForms.usual, ...convolutionForms.others].map((one) =>
          one.sums({ ...c, ...change } as never),
        );
        close(sums, [registers, tiled, small], {}, JSON.stringify(change));
      }
    },
  },
];
