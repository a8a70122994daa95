/** Forms of a kernel differ in time only: the same bits from every form, and results that no choice between them changes. */
import type { Device, Storage } from "../../src/device/device.ts";
import { Workspace } from "../../src/device/workspace.ts";
import { type Form, type Forms, fastest, formsFor, type Rates, rates } from "../../src/nn/forms.ts";
import { float32ToFloat16 } from "../../src/float16.ts";
import { convolutionForms } from "../../src/nn/convolution.ts";
import { productForms } from "../../src/nn/product.ts";
import { kernelForms, measureForms, tune } from "../../src/nn/tune.ts";
import { clockOf } from "../../src/nn/tuningClock.ts";
import { padded } from "../../src/shape.ts";
import { type Case, check, random, same } from "../suite.ts";
import { convolvedTwice, withBindings } from "./convolutions.ts";

type Product = ReturnType<(typeof productForms)["typical"]>;
type Direct = ReturnType<(typeof convolutionForms)["typical"]>;

/** Products as minimal filtering has them, 16 pairs of matrices: numbers, and bytes of the storages. */
const filtering = (columnPanels: number, rowPanels: number, terms: number): Product => ({
  ...productForms.typical(),
  columnPanels,
  rowPanels,
  termColumns: terms,
  leftPanelStride: terms,
  leftRowStride: rowPanels * terms,
  rightBatchStride: columnPanels * terms,
  rightPanelStride: terms,
  left: 16 * rowPanels * terms * 16,
  right: 16 * columnPanels * terms * 32,
  result: 16 * columnPanels * rowPanels * 128,
});

/** Products as weight gradients of a kernel of `width` by `width` have them: a part of the map, added to the result. */
function weightGradient(
  [columnPanels, rowPanels]: readonly [number, number],
  [termRows, termColumns]: readonly [number, number],
  width: number,
): Product {
  const [termStride, firstColumnPanel] = [2, 1];
  const leftLength = (terms: number): number => (terms - 1) * termStride + width;
  const leftPanelStride = leftLength(termRows) * leftLength(termColumns);
  return {
    ...{ columnPanels, rowPanels, termRows, termColumns, termStride, firstColumnPanel, leftPanelStride },
    leftRowStride: leftLength(termColumns),
    batch: width ** 2,
    batchColumns: width,
    batchColumnStride: 1,
    rightBatchStride: 0,
    rightPanelStride: termRows * termColumns,
    accumulate: 1,
    halves: 0,
    left: rowPanels * leftPanelStride * 16,
    right: (firstColumnPanel + columnPanels) * termRows * termColumns * 32,
    result: columnPanels * width ** 2 * rowPanels * 128,
  };
}

/** Tiles have 8 column panels by 16 row panels and chunks 8 terms: full, one more, one less, and far from full. */
const products: readonly Product[] = [
  filtering(1, 1, 4),
  filtering(8, 16, 8),
  filtering(9, 17, 20),
  filtering(7, 15, 12),
  filtering(17, 3, 4),
  weightGradient([1, 1], [1, 1], 1),
  weightGradient([3, 33], [3, 5], 3),
  weightGradient([9, 5], [7, 9], 2),
];

/** A convolution, or with `inputDilation` a transposed one, of a map [images, height, width, channels]; `panelCount` panels of `outputs`. */
function direct(
  [images, height, width, channels]: readonly number[],
  [outputs, firstPanel, panelCount]: readonly number[],
  kernel: readonly [height: number, width: number],
  { stride = 1, inputDilation = 1, padding = 0 } = {},
): Direct {
  const pixels = ([size, taps]: readonly number[]): number =>
    Math.floor(((size! - 1) * inputDilation + 1 + 2 * padding - taps!) / stride) + 1;
  const [resultHeight, resultWidth] = [pixels([height!, kernel[0]]), pixels([width!, kernel[1]])];
  return {
    ...convolutionForms.typical(),
    ...{ images: images!, height: height!, width: width!, channels: channels! },
    ...{ resultHeight, resultWidth, outputs: outputs!, firstPanel: firstPanel!, stride, inputDilation },
    panels: panelCount!,
    kernelHeight: kernel[0],
    kernelWidth: kernel[1],
    paddingY: padding,
    paddingX: padding,
    valueSkip: 3,
    resultSkip: 5,
    values: 48 + images! * height! * width! * padded(channels!) * 4,
    weights: panelCount! * kernel[0] * kernel[1] * padded(channels!) * 32,
    bias: padded(outputs!) * 4,
    result: 80 + images! * resultHeight * resultWidth * padded(outputs!) * 4,
  };
}

/** Tiles of 64 pixels by 8 panels and slices of 8 channels: full, one more, one less, and far from full. */
const convolutions: readonly Direct[] = [
  direct([1, 1, 1, 1], [1, 0, 1], [1, 1]),
  direct([1, 8, 8, 8], [64, 0, 8], [1, 1]),
  direct([1, 5, 13, 12], [72, 0, 9], [1, 1]),
  direct([2, 9, 7, 5], [70, 1, 7], [3, 2], { padding: 1 }),
  direct([1, 4, 5, 3], [21, 0, 3], [3, 3], { padding: 7 }),
  direct([1, 17, 16, 9], [9, 0, 2], [7, 7], { stride: 3, padding: 2 }),
  direct([2, 5, 6, 21], [21, 0, 3], [4, 4], { inputDilation: 2, padding: 3 }),
  // Some of the nine phases have no tap at all.
  direct([1, 8, 9, 6], [10, 0, 2], [2, 2], { inputDilation: 3, padding: 1 }),
  direct([1, 20, 19, 17], [5, 0, 1], [1, 3]),
];

/** The same with weights as they are and as halves, which the half of their memory holds. */
const both = <Numbers extends { readonly halves: number }>(all: readonly Numbers[]): readonly Numbers[] =>
  all.flatMap((numbers) => [numbers, { ...numbers, halves: 1 }]);

/** What `form` leaves in the storages it writes, from the same random contents. */
async function contents(device: Device, form: Form<object>, numbers: Record<string, number>): Promise<Float32Array[]> {
  using workspace = new Workspace(device);
  const args: Record<string, Storage | number> = { ...numbers };
  for (const [index, { name }] of form.kernel.bindings.entries()) {
    const storage = workspace.allocate(numbers[name]!);
    const values = random(index + 1).array(numbers[name]! / 4, -1, 1);
    // Halves, twice as many as there are words.
    const halves = numbers.halves && ["right", "weights"].includes(name) ? [...values, ...values] : undefined;
    device.write(storage, halves ? new Uint32Array(float32ToFloat16(Float32Array.from(halves)).buffer) : values);
    args[name] = storage;
  }
  device.run(form.kernel, args);
  const written = form.kernel.bindings.filter(({ access }) => access === "write");
  return await Promise.all(written.map(async ({ name }) => new Float32Array(await device.read(args[name] as Storage))));
}

async function checkForms(forms: Forms<object>, device: Device, numbers: Record<string, number>): Promise<void> {
  const expected = await contents(device, forms.usual, numbers);
  check(
    expected.every((values) => values.some((value) => value !== 0)),
    "no result",
  );
  for (const form of formsFor(device, forms)) {
    const actual = await contents(device, form, numbers);
    actual.forEach((values, i) => same(values, expected[i]!, `${form.kernel.file}, ${JSON.stringify(numbers)}`));
  }
}

/** Works with these rates in place of the rule and of what was measured. */
async function withRates<Result>(device: Device, set: Rates | undefined, work: () => Promise<Result>): Promise<Result> {
  const put = (to: Rates | undefined): unknown => (to ? rates.set(device, to) : rates.delete(device));
  const former = rates.get(device);
  put(set);
  try {
    return await work();
  } finally {
    put(former);
  }
}

export const cases: Case[] = [
  {
    name: "products: the same bits from every form",
    async run(device) {
      for (const numbers of both(products)) await checkForms(productForms as unknown as Forms<object>, device, numbers);
    },
  },
  {
    name: "convolutions by the definition: the same bits from every form",
    async run(device) {
      for (const numbers of both(convolutions))
        await checkForms(convolutionForms as unknown as Forms<object>, device, numbers);
    },
  },
  {
    name: "no choice of forms changes a convolution or its gradients",
    async run(device) {
      // Tiles that are full, and some that are not.
      const expected = await convolvedTwice(device, [13, 12, 70], [66, 9]);
      const all = kernelForms.flatMap((forms) => formsFor(device, forms));
      for (const preferred of all) {
        const preference = new Map(all.map((form) => [form.kernel.id, form === preferred ? 1e9 : 1]));
        const actual = await withRates(device, preference, () => convolvedTwice(device, [13, 12, 70], [66, 9]));
        actual.forEach((values, i) => same(values, expected[i]!, `${preferred.kernel.file} preferred, result ${i}`));
      }
    },
  },
  {
    name: "tune measures every form, once an adapter, and its choice is what runs",
    async run(device) {
      const choices = await tune(device);
      check(choices.length === (device.kind === "webgpu" ? kernelForms.length : 0), `${choices.length} choices`);
      for (const [index, { form, rule, clock, times, refused }] of choices.entries()) {
        check(refused.length === 0, `${refused} give other bits`);
        const forms = kernelForms[index]!;
        const all = formsFor(device, forms);
        check(
          all.some(({ name }) => name === rule),
          `the rule takes ${rule}`,
        );
        check(fastest(device, forms, forms.typical()).name === form, `${form} was chosen, but does not run`);
        if (clock === "none") continue;
        check(Object.keys(times).join() === all.map(({ name }) => name).join(), `times of ${Object.keys(times)}`);
        check(times[form] === 1, `${form} takes ${times[form]} of its own time`);
        // The rule's form stays where another is but a little faster.
        check(
          Object.values(times).every((time) => time > 0.5 && time < 1e6),
          `${form} is not the fastest: ${JSON.stringify(times)}`,
        );
      }
      // Measured times never repeat to the last bit: what is equal was not measured again.
      check(JSON.stringify(await tune(device)) === JSON.stringify(choices), "a second call measured again");
      await withBindings(device, 8192, async () => {
        check((await tune(device)).length === 0, "tuned with bindings that hold no typical run");
      });
    },
  },
  {
    name: "a form that gives other bits is not taken, however fast, nor one that does not compile",
    async run(device) {
      if (device.kind === "wasm") return void check((await tune(device)).length === 0, "WASM has the usual form alone");
      const [tiled] = productForms.others;
      const fused = tiled!.kernel.code.replace("columns, sums[0]", "columns * 1.0000001, sums[0]");
      check(fused !== tiled!.kernel.code, "nothing was changed");
      const other = { ...tiled!, kernel: { ...tiled!.kernel, id: "productOther", code: fused } };
      const broken = { ...tiled!, kernel: { ...tiled!.kernel, id: "productBroken", code: "not WGSL" } };
      const forms = { ...productForms, others: [broken, tiled!, other] } as unknown as Forms<object>;
      const found = [...(await measureForms(device, forms, await clockOf(device))).refused];
      check(found.join() === "productBroken,productOther", found.join());
    },
  },
  {
    name: "a form is taken where its rate makes up for tiles that are not full",
    async run(device) {
      const { usual, others } = productForms;
      const tiled = others.find(({ name }) => name === "tiled")!;
      const sizes = [filtering(8, 16, 4), filtering(4, 11, 4), filtering(6, 7, 4), filtering(1, 16, 4)];
      const choose = async (): Promise<string> =>
        sizes.map((numbers) => fastest(device, productForms, numbers as never).name).join();
      const [one, three] = [usual, tiled].map(({ kernel }) => kernel.id) as [string, string];
      // A tile holds 128 pairs of a column panel and a row panel, of which 43 are a third.
      const found = await withRates(device, new Map(Object.entries({ [one]: 1, [three]: 3 })), choose);
      check(found === "tiled,tiled,registers,registers", found);
    },
  },
];
