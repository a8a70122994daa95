/** How forms are timed and chosen, on a device that is made up: its clock stands still but for what is run on it. */
import type { Data, Device, DeviceInfo, Dispatch, Observer, Storage } from "../../src/device/device.ts";
import { DeviceError, ShaderError, ValueError } from "../../src/errors.ts";
import type { Kernel } from "../../src/kernel.ts";
import { convolutionForms } from "../../src/nn/convolution.ts";
import { type Form, type Forms, fastest, formsFor, rates, ruledForm, tunings } from "../../src/nn/forms.ts";
import { productForms } from "../../src/nn/product.ts";
import { measureForms, tune } from "../../src/nn/tune.ts";
import { clockOf } from "../../src/nn/tuningClock.ts";
import { type Case, check, close, random, rejects } from "../suite.ts";

/** What a kernel does when it is run: how many milliseconds its run takes, and what it leaves in each word it writes. */
interface Behavior {
  readonly milliseconds: number | ((run: number, args: Record<string, Storage | number>) => number);
  readonly word?: number;
  /** What it leaves in the last word, if that differs. */
  readonly last?: number;
  /** What reading its result ends in. */
  readonly error?: Error;
}

const largestBinding = 2 ** 21;

/** A clock that shows every step alone, and what moves what is timed back and forth. */
interface Clock {
  /** Milliseconds; 0 for a clock that stands still. Default: a fine one. */
  readonly step?: number;
  /** Whether waiting ends at a step alone, as in Firefox, and not when the work is done. */
  readonly late?: boolean;
  /** Whether passes are timed by the GPU's own clock. */
  readonly own?: boolean;
  /** Makes a run so many times as long. */
  readonly jitter?: () => number;
}

const fine: Clock = { step: 2 ** -20 };

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
  readonly gpu: { readonly features: ReadonlySet<string> } | undefined;
  readonly #clock: Clock;
  readonly #observers = new Set<Observer>();
  #queued = 0;
  #turns = 0;
  #error: Error | undefined;

  constructor(
    behaviors: Readonly<Record<string, Behavior>>,
    info: Partial<DeviceInfo> = {},
    {
      kind = "webgpu",
      bindingBytes = largestBinding,
      clock = fine,
    }: { kind?: Device["kind"]; bindingBytes?: number; clock?: Clock } = {},
  ) {
    this.kind = kind;
    this.#clock = clock;
    this.gpu = clock.own ? { features: new Set(["timestamp-query"]) } : undefined;
    this.info = { name: "stopped", hardware: false, threads: 1, worker: false, variant: "", fallbacks: [], ...info };
    this.limits = { bindingBytes, bufferBytes: bindingBytes, alignment: 256, operations: Infinity };
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
    const begin = this.now + this.#queued;
    // No two times are the same to the last bit.
    const jitter = this.#clock.jitter?.() ?? 1 + 0.002 * Math.sin(++this.#turns);
    const time = (typeof milliseconds === "number" ? milliseconds : milliseconds(run, args)) * jitter;
    this.#queued += time;
    for (const { timed } of this.#observers) timed?.({} as Dispatch, this.shown(begin), this.shown(begin + time));
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
    const { step = 0, late } = this.#clock;
    if (late) this.now = (Math.floor(this.now / step) + 1) * step;
    return Promise.resolve();
  }

  observe(observer: Observer): Disposable {
    this.#observers.add(observer);
    return { [Symbol.dispose]: () => void this.#observers.delete(observer) };
  }

  get observers(): number {
    return this.#observers.size;
  }

  /** What the clock shows at a time. */
  shown(time: number): number {
    const { step = fine.step! } = this.#clock;
    return step === 0 ? 0 : Math.floor(time / step) * step;
  }

  get device(): Device {
    return this as unknown as Device;
  }
}

/** Runs `work` by the clock of a device. */
async function byClockOf<Result>(device: StoppedDevice, work: (device: Device) => Promise<Result>): Promise<Result> {
  Object.defineProperty(performance, "now", { value: () => device.shown(device.now), configurable: true });
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

const form = (id: string, sums: number, name: Form<object>["name"] = "tiled"): Form<object> => ({
  name,
  kernel: { id, bindings, unit: "workgroup", count: () => 1 } as unknown as Kernel<object>,
  sums: (args) => sums * ((args as { scale?: number }).scale ?? 1),
});

/** Forms of a kernel that reads 4096 bytes and writes 64. */
const formsOf = (usual: Form<object>, ...others: Form<object>[]): Forms<object> => ({
  usual,
  others,
  typical: (scale = 1) => ({ values: 4096, result: 64, scale }),
});

/** Two forms of a kernel, of which the rule takes the first. */
const two = formsOf(form("usual", 100, "registers"), form("other", 100));

/** Measures two forms, of which a typical run takes so many milliseconds, and returns the one that runs then. */
async function chosenOfTwo(
  usual: number,
  other: number,
  clock: Clock,
): Promise<{ name: string; device: StoppedDevice }> {
  const course = (milliseconds: number): Behavior => ({
    word: 1,
    milliseconds: (_, { scale }) => milliseconds * (scale as number),
  });
  const device = new StoppedDevice({ usual: course(usual), other: course(other) }, {}, { clock });
  tunings.set(device.device, await measureStopped(device, two));
  return { name: fastest(device.device, two, two.typical()).name, device };
}

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

const measureStopped = (device: StoppedDevice, forms: Forms<object>) =>
  byClockOf(device, async (own) => measureForms(own, forms, await clockOf(own)));

export const cases: Case[] = [
  {
    name: "the wall clock serves where one of two waits for an idle device, once what was queued is done, takes 5 ms at most",
    async run() {
      for (const [waits, expected] of [
        [[100, 5], "wall clock"],
        [[100, 100, 5], "wall clock"],
        [[100, 100, 5.001, 1], "none"],
        [[1, 5.001, 5.001, 1], "none"],
      ] as const) {
        const left: number[] = [...waits];
        const device = new StoppedDevice({});
        device.finish = () => Promise.resolve(void (device.now += left.shift() ?? 0));
        const kind = (await byClockOf(device, clockOf))?.kind ?? "none";
        check(kind === expected, `waits of ${waits.join()} ms: ${kind}`);
      }
    },
  },
  {
    name: "runs are repeated until each form takes as long as the clock needs, and what stays too short is not measured",
    async run() {
      for (const [own, milliseconds, runs] of [
        [false, 0.48, 32],
        [false, 0.05, 0],
        [true, 0.34, 16],
        [true, 0.008, 1024],
        [true, 0.004, 0],
      ] as const) {
        const device = new StoppedDevice(all({ usual: milliseconds, other: milliseconds }), {}, { clock: { own } });
        const { courses } = await measureStopped(device, two);
        check(courses.size === (runs === 0 ? 0 : 2), `${courses.size} courses`);
        const before = 1; // for its bits
        // Doubled until it is enough, and then four rounds more; twice, since both runs take the same here.
        const expected = before + 2 * (2 * runs - 1 + 4 * runs);
        if (runs > 0) check(device.runs.get("other") === expected, `${device.runs.get("other")} runs, not ${expected}`);
        check(device.runs.get("usual") === device.runs.get("other"), "forms are run in turn");
        check(
          device.live === 0 && device.observers === 0,
          `${device.live} storages, ${device.observers} observers left`,
        );
      }
    },
  },
  {
    name: "the processor's clock counts nothing that was queued before",
    async run() {
      const device = new StoppedDevice(all({ usual: 30 }), {}, { clock: { ...fine, jitter: () => 1 } });
      const args = { result: device.allocate(4) };
      const run = (): void => device.run(two.usual.kernel, args);
      const time = await byClockOf(device, async (own) => {
        const clock = (await clockOf(own))!;
        run();
        return clock.time(run);
      });
      check(time === 30, `${time} ms`);
    },
  },
  ...[
    // Steps of 1 ms: 20 of them are enough, 19 are not, and the longest of runs makes no difference.
    { times: [20, 21], shortest: 20, runs: 5 },
    { times: [19, 24], shortest: 15, runs: 0 },
    // Two times that differ by the least that counts show a step of a nanosecond.
    { times: [20, 20.000001], shortest: 15, runs: 5 },
    // What stands still is looked at until more than a second is gone: in rounds of 500 ms, three times.
    { times: [0, 0], shortest: 15, runs: 0, takes: 250, looks: 1 + 2 + 4 },
    { times: [0, 0], shortest: 15, runs: 0, takes: 250.25, looks: 1 + 2 },
  ].map(({ times, shortest, runs, takes = 0, looks }): Case => ({
    name: `a clock that shows ${times.join(" and ")} ms${takes > 0 ? `, each after ${takes} ms,` : ""} ${runs > 0 ? "measures" : "tells nothing"}`,
    async run() {
      const device = new StoppedDevice(all({ usual: 1, other: 1 }));
      let turn = 0;
      const clock = {
        kind: "wall clock",
        shortest,
        mostRuns: 256,
        time(queue: () => void) {
          queue();
          device.now += takes;
          return Promise.resolve(times[turn++ % 2]!);
        },
      } as const;
      const { courses } = await byClockOf(device, (own) => measureForms(own, two, clock));
      check(courses.size === (runs > 0 ? 2 : 0), `${courses.size} courses`);
      // One run is for the bits; a typical run and another are measured alike.
      const expected = 1 + (looks ?? (runs > 0 ? 2 * runs : 5));
      check(device.runs.get("usual") === expected, `${device.runs.get("usual")} runs, not ${expected}`);
    },
  })),
  {
    name: "the least of its times speaks for the form that the rule takes of those that are not refused",
    async run() {
      // One of five rounds is quick by chance.
      const noisy: Behavior = { word: 1, milliseconds: (run) => ((run - 1) % 5 === 0 ? 17 : 40) };
      const steady: Behavior = { word: 1, milliseconds: 20 };
      const refused: Behavior = { word: 2, milliseconds: 20 };
      const forms = formsOf(form("usual", 100, "registers"), form("small", 100, "small"), form("tiled", 100));
      for (const [tiled, small, expected] of [
        [noisy, steady, "tiled"],
        [refused, noisy, "small"],
      ] as const) {
        const device = new StoppedDevice({ usual: steady, small, tiled }, { hardware: true, vendor: "nvidia" });
        const choose = (): string => fastest(device.device, forms, forms.typical()).name;
        check(choose() === "tiled", `before it is measured, ${choose()}`);
        tunings.set(device.device, await measureStopped(device, forms));
        check(choose() === expected, choose());
      }
    },
  },
  {
    name: "a form is taken from four fifths of the time of the rule's on",
    async run() {
      for (const [begin, expected] of [
        [8, "tiled"],
        [8.001, "registers"],
      ] as const) {
        const { device } = new StoppedDevice({});
        const courses = { usual: { begin: 10, sum: 0 }, other: { begin, sum: 0 } };
        tunings.set(device, { courses: new Map(Object.entries(courses)), refused: new Set() });
        const { name } = fastest(device, two, two.typical());
        check(name === expected, `${begin} of 10 ms: ${name}`);
      }
    },
  },
  {
    name: "a course has no part below 0, and goes through the larger of two runs",
    async run() {
      // Milliseconds of a typical run of 100 sums and of a larger one or, from 1 ms on, of a smaller one.
      for (const [typical, scale, other, begin, sum] of [
        [0.25, 16, 0.125, 0.125, 0],
        [0.25, 16, 8, 0, 8 / 1600],
        [1, 1 / 4, 8, 1, 0],
        [4, 1 / 4, 0.5, 0, 4 / 100],
      ] as const) {
        const scales = new Set<unknown>();
        const behavior: Behavior = {
          word: 1,
          milliseconds(_, args) {
            scales.add(args.scale);
            return args.scale === 1 ? typical : other;
          },
        };
        // The first round of 16 ms takes just as long as it should, what comes later a little more.
        let turns = 0;
        const clock = { ...fine, jitter: () => (turns++ < 64 / typical ? 1 : 1 + 2 ** -12 * (turns % 3)) };
        const device = new StoppedDevice({ usual: behavior, other: behavior }, {}, { clock });
        const { courses } = await measureStopped(device, two);
        check([...scales].join() === `1,${scale}`, `measured at ${[...scales].join()}`);
        const { begin: found, sum: each } = courses.get("other")!;
        close([found, each], [begin, sum], { relative: 1e-3, absolute: 1e-9 }, `${typical} and ${other} ms`);
      }
    },
  },
  {
    name: "a form is faster that is so in four rounds of five",
    async run() {
      for (const [factors, expected] of [
        [[1, 1, 9, 1, 1], "tiled"],
        [[1, 9, 1, 1, 9], "registers"],
      ] as const) {
        const device = new StoppedDevice({
          usual: { word: 1, milliseconds: 80 },
          // The first run is for its bits.
          other: { word: 1, milliseconds: (run) => 40 * (factors[(run - 1) % 5] ?? 1) },
        });
        tunings.set(device.device, await measureStopped(device, two));
        const { name } = fastest(device.device, two, two.typical());
        check(name === expected, `${factors.join()}: ${name}`);
      }
    },
  },
  {
    name: "a form's course goes through a typical run and a longer one, or a shorter one where that takes long",
    async run() {
      for (const [milliseconds, scale] of [
        [0.25, 16],
        [4, 1 / 4],
      ] as const) {
        const begin = milliseconds / 5;
        const behavior = (speed: number): Behavior => ({
          word: 1,
          milliseconds: (_, { scale }) => begin + (milliseconds / speed) * (scale as number),
        });
        const device = new StoppedDevice({ usual: behavior(1), other: behavior(4) });
        const { courses } = await measureStopped(device, two);
        for (const [id, speed] of [
          ["usual", 1],
          ["other", 4],
        ] as const) {
          const found = courses.get(id)!;
          const expected = [milliseconds / speed / 100, begin];
          close([found.sum, found.begin], expected, { relative: 0.02 }, `${id}, ${scale} times as much beside it`);
        }
      }
    },
  },
  {
    name: "by clocks of 0, 0.1 and 100 ms, whoever's they are, noise never takes a form in place of the rule's",
    async run() {
      for (const own of [false, true]) {
        for (const [step, late] of [
          [0, false],
          [0.1, false],
          [100, false],
          [100, true],
        ] as const) {
          for (let seed = 0; seed < 40; seed++) {
            const { uniform } = random(seed);
            // Some runs take ten times as long, as on a busy machine; the forms are alike.
            const jitter = (): number => uniform(0.9, 1.1) * (uniform() < 0.1 ? 10 : 1);
            const milliseconds = [0.05, 0.5, 5, 50][seed % 4]!;
            const { name, device } = await chosenOfTwo(milliseconds, milliseconds, { own, step, late, jitter });
            const where = `${own ? "own" : "wall"} clock of ${step} ms${late ? ", late" : ""}, seed ${seed}`;
            check(name === "registers", `${where}: ${name}`);
            const { courses } = tunings.get(device.device)!;
            if (step === 0 || (late && !own)) check(courses.size === 0, `${where}: measured`);
            if (late && !own) check(device.now < 1000, `${where}: waited ${device.now} ms in vain`);
          }
        }
      }
    },
  },
  {
    name: "by a clock that is fine enough a form of a quarter of the time is taken, and one of nine tenths is not",
    async run() {
      const { uniform } = random(1);
      const jitter = (): number => uniform(0.98, 1.02);
      for (const own of [false, true]) {
        for (const step of [fine.step!, 0.1]) {
          for (const milliseconds of [0.02, 0.5, 30]) {
            for (const [share, expected] of [
              [0.25, "tiled"],
              [0.75, "tiled"],
              [0.9, "registers"],
            ] as const) {
              const { name } = await chosenOfTwo(milliseconds, share * milliseconds, { own, step, jitter });
              // The processor's clock sees nothing of what takes less than to queue it.
              const told = own || milliseconds > 0.1 ? expected : "registers";
              check(name === told, `${share} of ${milliseconds} ms, steps of ${step}: ${name}`);
            }
          }
        }
      }
    },
  },
  {
    name: "the rule follows the vendor, and the shape where a form leaves most of the adapter idle",
    async run() {
      const formsOn = (info: Partial<DeviceInfo>, scale = 16): string => {
        const { device } = new StoppedDevice({}, { hardware: true, ...info });
        const one = ruledForm(device, productForms, productForms.typical(scale) as never);
        const other = ruledForm(device, convolutionForms, convolutionForms.typical(scale) as never);
        return `${one.name},${other.name}`;
      };
      for (const info of [
        { vendor: "nvidia", variant: "hopper" },
        { vendor: "amd", variant: "rdna-3" },
        { vendor: "4318" }, // as Deno tells it
        { vendor: "apple", variant: "metal-3" },
        { name: "NVIDIA GeForce RTX 4070" },
      ])
        check(formsOn(info) === "tiled,tiled", `${JSON.stringify(info)}: ${formsOn(info)}`);
      for (const info of [
        { vendor: "intel", variant: "xe-lpg" },
        { vendor: "qualcomm", variant: "adreno-7xx" },
        { vendor: "arm", variant: "valhall" },
        { vendor: "32902" },
        {},
      ])
        check(!formsOn(info).includes("tiled"), `${JSON.stringify(info)}: ${formsOn(info)}`);
      // A form that the rule does not name is not taken, though subgroups have eight invocations.
      check(formsOn({ vendor: "intel", subgroupSize: 8 }) === formsOn({ vendor: "intel" }), "subgroups on Intel's");
      // On the processor, a subgroup of eight is a vector.
      check(formsOn({ hardware: false, subgroupSize: 8 }) === "subgroup,registers", "lavapipe");
      check(formsOn({ hardware: false, subgroupSize: 4 }) === "registers,registers", "SwiftShader");
      // Of tiles that are seven eighths empty nothing is gained.
      const { device } = new StoppedDevice({}, { hardware: true, vendor: "nvidia" });
      const thin = { ...productForms.typical(16), columnPanels: 1 } as never;
      check(ruledForm(device, productForms, thin).name !== "tiled", "a product of eight columns");
    },
  },
  {
    name: "the rule takes a form with larger tiles from that number of tiles on that gives all of an adapter work",
    async run() {
      /** The forms for 1 to 250 times 64 rows and so many panels of eight columns, each with the first number that takes it. */
      const formsBySize = <Arguments extends object>(
        device: Device,
        forms: Forms<Arguments>,
        argumentsOf: (size: number) => object,
      ): string => {
        const names = Array.from(
          { length: 250 },
          (_, i) => ruledForm(device, forms, argumentsOf(i + 1) as Arguments).name,
        );
        return names.flatMap((name, i) => (name === names[i - 1] ? [] : [`${name} ${i + 1}`])).join();
      };
      // A form that is f times as fast as one of half its tile has more than 1/f of the workgroups that an adapter computes at
      // once: of 264, f is 5/4 and 42/34, so that 212 and 214 are the first. Small tiles of four panels, here one a size, are
      // worth it for three panels where 64/size/0.3 is below 3/4/0.15, and for two where 48/size/0.2 is below 2/4/0.06.
      for (const [info, panels, ofProduct, ofConvolution] of [
        [{ vendor: "nvidia" }, 8, "small 1,tiled 212", "registers 1,small 86,tiled 214"],
        [{ vendor: "amd" }, 8, "small 1,tiled 154", "registers 1,small 63,tiled 156"],
        [{ vendor: "apple" }, 8, "small 1,tiled 32", "registers 1,small 13,tiled 33"],
        [{ vendor: "intel" }, 8, "registers 1", "registers 1,small 8"],
        [{ vendor: "intel" }, 2, "registers 1", "registers 1,small 29"],
        [{ vendor: "intel" }, 1, "registers 1", "registers 1"],
        [{}, 8, "small 1", "registers 1,small 17"],
        [{}, 3, "small 1", "registers 1,small 43"],
        [{}, 2, "registers 1,small 2,registers 87", "registers 1"],
        // Vectors of which more than a quarter is thrown away are slower than none.
        [{ hardware: false, subgroupSize: 8 }, 4, "subgroup 1", "registers 1"],
        [{ hardware: false, subgroupSize: 8 }, 3, "registers 1", "registers 1"],
      ] as const) {
        const { device } = new StoppedDevice({}, { hardware: true, ...info });
        const products = formsBySize(device, productForms, (size) => {
          return { ...productForms.typical(), batch: 1, rowPanels: 16 * size, columnPanels: panels };
        });
        const convolutions = formsBySize(device, convolutionForms, (images) => {
          return {
            ...convolutionForms.typical(),
            images,
            resultHeight: 8,
            resultWidth: 8,
            panels,
            outputs: 8 * panels,
          };
        });
        check(products === ofProduct, `${JSON.stringify(info)}, products of ${panels} panels: ${products}`);
        check(
          convolutions === ofConvolution,
          `${JSON.stringify(info)}, convolutions to ${panels} panels: ${convolutions}`,
        );
      }
    },
  },
  {
    name: "forms of other bits, of no result, and those that do not compile are refused; other errors are thrown",
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
      const { courses, refused } = await measureStopped(
        device,
        formsOf(usual!, broken!, idle!, different!, partly!, same!),
      );
      check([...courses.keys()].join() === "usual,same", [...courses.keys()].join());
      check([...refused].join() === "broken,idle,different,partly", [...refused].join());
      await rejects(() => measureStopped(device, formsOf(usual!, lost!)), DeviceError);
      check(device.live === 0, `${device.live} storages are left`);
    },
  },
  {
    name: "the numbers to measure with have both signs, lie below 1 and use every bit of the mantissa",
    async run() {
      const device = new StoppedDevice(all({ usual: 20 }));
      await measureStopped(device, formsOf(form("usual", 1)));
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
      // So many others follow that they come again.
      const long = new StoppedDevice(all({ usual: 20 }));
      const [period, length] = [2 ** 16, 5 * 2 ** 16 + 7];
      const many = { usual: form("usual", 1), others: [], typical: () => ({ values: 4 * length, result: 64 }) };
      await measureStopped(long, many);
      const found = long.written[0]!;
      check(found.length === length && new Set(found).size === period, "numbers that differ");
      check(
        values.every((value, i) => found[i] === value) && found.every((value, i) => value === found[i % period]),
        "the same again",
      );
    },
  },
  {
    name: "tune says for each kernel what the rule takes, what was measured, and by how much others are slower",
    async run() {
      const info = { name: newName(), subgroupSize: 8 };
      // Each takes half a millisecond to begin, and the rest for its sums.
      const behaviors = [productForms, convolutionForms].flatMap(({ usual, others, typical }) =>
        [usual, ...others].map(({ kernel: { id }, sums }): [string, Behavior] => {
          const each = (times[id]! - 0.5) / sums(typical() as never);
          return [id, { word: 1, milliseconds: (_, args) => 0.5 + each * sums(args as never) }];
        }),
      );
      const device = new StoppedDevice(Object.fromEntries(behaviors), info);
      const choices = await byClockOf(device, tune);
      const expected = [
        {
          kernel: "nn/product",
          form: "tiled",
          rule: "subgroup",
          clock: "wall clock",
          refused: [],
          times: { registers: 4, tiled: 1, small: 8, subgroup: 2 },
        },
        {
          kernel: "nn/convolution",
          form: "registers",
          rule: "registers",
          clock: "wall clock",
          refused: [],
          times: { registers: 1, tiled: 2, small: 4 },
        },
      ];
      const rounded = choices.map(({ times, ...choice }) => ({
        ...choice,
        times: Object.fromEntries(Object.entries(times).map(([name, time]) => [name, Math.round(time * 50) / 50])),
      }));
      check(JSON.stringify(rounded) === JSON.stringify(expected), JSON.stringify(choices));
      // 67 million operations in 2 ms, and 75 million in 3.
      close([device.device.pace!], [2 ** 26 / 2], { relative: 0.02 }, "the pace of the faster kernel");
      const still = new StoppedDevice(all(times), { name: newName() }, { clock: { step: 0 } });
      for (const { clock, times, form, rule } of await byClockOf(still, tune))
        check(clock === "none" && Object.keys(times).length === 0 && form === rule, "by a clock that stands still");
      check(still.device.pace === undefined, `a pace of ${still.device.pace}`);
      // 75 million in 3 ms where products take no time that the clock sees.
      const brief = Object.fromEntries([product, tiledProduct, smallProduct, subgroupProduct].map((id) => [id, 0.001]));
      const half = new StoppedDevice(all({ ...times, ...brief }), { name: newName(), subgroupSize: 8 });
      const clocks = (await byClockOf(half, tune)).map(({ clock }) => clock).join();
      check(clocks === "none,wall clock", clocks);
      close([half.device.pace!], [(128 * 4096 * 9 * 8 * 2) / 3], { relative: 0.02 }, "the pace of the one kernel");
      const chosen = [
        fastest(device.device, productForms, productForms.typical() as never),
        fastest(device.device, convolutionForms, convolutionForms.typical() as never),
      ];
      check(chosen.map(({ name }) => name).join() === "tiled,registers", "the forms that were chosen run");
    },
  },
  {
    name: "rates that are given count in place of rule and measurement",
    async run() {
      const device = new StoppedDevice(all(times), { name: newName(), subgroupSize: 8 });
      await byClockOf(device, tune);
      const typical = productForms.typical() as never;
      rates.set(device.device, new Map([[product, 0.5]]));
      check(fastest(device.device, productForms, typical) === productForms.usual, "a slow one, but no other");
      rates.set(device.device, new Map([[tiledProduct, 0.5]]));
      check(fastest(device.device, productForms, typical).name === "tiled", "the one that has a rate");
      rates.set(device.device, new Map([[subgroupProduct, 2], [product, 1]])); // prettier-ignore
      check(fastest(device.device, productForms, typical).name === "subgroup", "the faster of two");
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
      check(tunings.get(again.device) === tunings.get(first.device), "the same courses");
      for (const other of [
        { variant: "b" },
        { name: newName() },
        { vendor: "acme" },
        { model: "two" },
        { subgroupSize: 32 },
      ]) {
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
      const device = new StoppedDevice(behaviors, { name: newName(), subgroupSize: 8 });
      const [choice] = await byClockOf(device, tune);
      const { form, times: found, refused } = choice!;
      check(form === "subgroup" && refused.join() === "tiled", JSON.stringify(choice));
      close([found.registers!, found.subgroup!], [2, 1], { relative: 0.01 }, "times");
      // On an NVIDIA GPU the rule would take it.
      const info = { name: newName(), hardware: true, vendor: "nvidia" };
      const [other] = await byClockOf(new StoppedDevice(behaviors, info), tune);
      check(other!.form === "registers" && other!.rule !== "tiled", JSON.stringify(other));
      for (const limits of [{ bindingBytes: largestBinding - 1 }, { kind: "wasm" }] as const) {
        const device = new StoppedDevice({}, { name: newName() }, limits);
        check((await tune(device.device)).length === 0, JSON.stringify(limits));
        check(tunings.get(device.device) === undefined, "courses of what was not measured");
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
      for (const scale of [1, 1 / 4, 16]) {
        const p = productForms.typical(scale);
        // Minimal filtering of 512 tiles, or of a quarter of them, or sixteen times as many, from 64 channels to 64.
        const [tiles, channels] = [512 * scale, 64];
        check(p.batch === 16 && p.rowPanels * 4 === tiles && p.columnPanels * 8 === channels, "panels");
        check(p.termRows === 1 && p.termColumns === channels && p.termStride === 1 && p.batchColumns === 1, "terms");
        check(p.leftPanelStride === channels && p.leftRowStride === p.rowPanels * channels, "left");
        check(p.rightBatchStride === p.columnPanels * channels && p.rightPanelStride === channels, "right");
        check(p.firstColumnPanel === 0 && p.accumulate === 0 && p.halves === 0, "whole");
        check(p.left === 16 * tiles * channels * 4 && p.right === 16 * channels * channels * 4, "bytes of operands");
        check(p.result === 16 * tiles * channels * 4, "bytes of the result");
        const c = convolutionForms.typical(scale);
        const count = 128 * scale;
        check(c.images === 1 && c.resultHeight * c.resultWidth === count && c.outputs === 4096, "result");
        check(c.kernelHeight === 3 && c.kernelWidth === 3 && c.channels === 8, "9 taps of 8 channels");
        check(c.height === c.resultHeight + 2 && c.width === c.resultWidth + 2, "no padding");
        check(c.paddingY === 0 && c.paddingX === 0 && c.stride === 1 && c.inputDilation === 1, "stride 1");
        check(c.panels * 8 === c.outputs && c.firstPanel === 0, "all panels");
        check(
          c.biased === 1 && c.relu === 1 && c.valueSkip === 0 && c.resultSkip === 0 && c.halves === 0,
          "bias and ReLU",
        );
        check(c.values === c.height * c.width * 8 * 4 && c.weights === 4096 * 9 * 8 * 4, "bytes of operands");
        check(c.bias === 4096 * 4 && c.result === count * 4096 * 4, "bytes of the result");
        for (const { name, sums } of [productForms.usual, ...productForms.others])
          check(sums(p as never) === 16 * tiles * channels, `${name}: ${sums(p as never)} sums`);
        // A quarter of the convolution fills half a tile.
        for (const { name, sums } of scale < 1 ? [] : [convolutionForms.usual, ...convolutionForms.others])
          check(sums(c as never) === count * 4096, `${name}: ${sums(c as never)} sums`);
      }
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
