import {
  blobSource,
  bytesSource,
  loadCheckpoint,
  memorySink,
  openAsIs,
  openCheckpoint,
  writePytorch,
  writeSafetensors,
  type Checkpoint,
  type Source,
} from "../../src/checkpoint/checkpoint.ts";
import { FormatError } from "../../src/errors.ts";
import { check, rejects, same, type Case, type Fixtures } from "../suite.ts";
import { checkNetwork, crfRnn, networkOf, value, vgg16, vgg19, type FixtureName, type Shapes } from "./network.ts";

/** The first four layers, not a whole network. */
const beginning: Shapes = Object.fromEntries(Object.entries(vgg16).slice(0, 8));

const networks: [FixtureName, Shapes][] = [
  ["crfrnn.pth", crfRnn],
  ["crfrnn.legacy.pth", crfRnn],
  ["trainer.pth", crfRnn],
  ["crfrnn.h5", crfRnn],
  ["crfrnn.model.h5", crfRnn],
  ["crfrnn.v1.caffemodel", crfRnn],
  ["fcn8s.caffemodel", crfRnn],
  ["unpacked.caffemodel", crfRnn],
  ["vgg16.torchvision.pth", vgg16],
  ["vgg16.h5", vgg16],
  ["vgg19.h5", vgg19],
  ["vgg19.caffemodel", vgg19],
  ["latest.h5", beginning],
];

async function source(fixtures: Fixtures, name: FixtureName): Promise<Source> {
  return bytesSource(await fixtures.bytes(`fixtures/checkpoint/${name}`), name);
}

async function written(
  write: typeof writeSafetensors | typeof writePytorch,
  checkpoint: Checkpoint,
): Promise<Uint8Array> {
  const sink = memorySink();
  await write(checkpoint, sink);
  return sink.bytes();
}

function sameNotes(checkpoint: Checkpoint, notes: readonly string[]): void {
  check(checkpoint.notes.join("\n") === notes.join("\n"), `other notes: ${checkpoint.notes.join("\n")}`);
}

/** Every element type and every way to lie in a storage, as make_fixtures.py's kinds() has them. */
async function checkKinds({ tensors }: Checkpoint): Promise<void> {
  const base = value("base", 24);
  const small = [-3, -2, -1, 0, 1, 2];
  const expected: Record<string, { type: string; shape: number[]; data: readonly number[] }> = {
    float64: { type: "float64", shape: [4, 6], data: [...base] },
    float32: { type: "float32", shape: [4, 6], data: [...base] },
    int64: { type: "int64", shape: [6], data: small },
    int32: { type: "int32", shape: [6], data: small },
    int16: { type: "int16", shape: [6], data: small },
    int8: { type: "int8", shape: [6], data: small },
    uint8: { type: "uint8", shape: [6], data: [250, 251, 252, 253, 254, 255] },
    bool: { type: "bool", shape: [3], data: [1, 0, 1] },
    scalar: { type: "float32", shape: [], data: [2.5] },
    empty: { type: "float32", shape: [0, 3], data: [] },
    row: { type: "float32", shape: [6], data: [...base.slice(6, 12)] },
    transposed: {
      type: "float32",
      shape: [6, 4],
      data: [...base].map((_, i) => base[(i % 4) * 6 + Math.floor(i / 4)]!),
    },
    "every second": { type: "float32", shape: [4, 3], data: [...base].filter((_, i) => i % 2 === 0) },
    parameter: { type: "float32", shape: [4, 6], data: [...base].map((number) => 2 * number) },
  };
  for (const [name, { type, shape, data }] of Object.entries(expected)) {
    const tensor = tensors.get(name)!;
    check(tensor.type === type && `${tensor.shape}` === `${shape}`, `${name} is ${tensor.type} [${tensor.shape}]`);
    same(Array.from(await tensor.read(), Number), data, name);
  }
}

/** torch rounds to the nearest half, ties to even: within half a step of the original. */
function checkHalves(data: ArrayLike<number | bigint>, original: Float32Array, stepOfOne: number, what: string): void {
  for (let i = 0; i < original.length; i++) {
    const allowed = Math.max(Math.abs(original[i]!) * stepOfOne, 2 ** -25);
    check(Math.abs(Number(data[i]) - original[i]!) <= allowed, `${what}: ${data[i]} for ${original[i]}`);
  }
}

const reading: Case[] = networks.map(([name, shapes]) => ({
  name: `${name} holds the network bit for bit`,
  async run(_, fixtures) {
    await checkNetwork(await openCheckpoint(await source(fixtures, name), { partial: shapes === beginning }), shapes);
  },
}));

export const cases: Case[] = [
  ...reading,
  {
    name: "a blob is read by slices",
    async run(_, fixtures) {
      const bytes = await fixtures.bytes("fixtures/checkpoint/crfrnn.pth");
      await checkNetwork(await openCheckpoint(blobSource(new Blob([bytes.slice()]), "crfrnn.pth")), crfRnn);
    },
  },
  {
    name: "a caffemodel of doubles narrows to the same floats",
    async run(_, fixtures) {
      const doubles = await openCheckpoint(await source(fixtures, "double.caffemodel"));
      check(doubles.tensors.get("fc6.weight")!.type === "float64", "not doubles");
      const { tensors } = await loadCheckpoint(await source(fixtures, "double.caffemodel"));
      check(tensors.size === Object.keys(crfRnn).length, `${tensors.size} tensors`);
      for (const [name, { data }] of tensors) same(data as Float32Array, value(name, data.length), name);
    },
  },
  {
    name: "halves of Caffe and PyTorch widen to the nearest floats",
    async run(_, fixtures) {
      const { tensors } = await loadCheckpoint(await source(fixtures, "half.caffemodel"));
      for (const [name, { data }] of tensors) checkHalves(data, value(name, data.length), 2 ** -11, name);
      const kinds = await loadCheckpoint(await source(fixtures, "kinds.pth"));
      const base = value("base", 24);
      checkHalves(kinds.tensors.get("float16")!.data, base, 2 ** -11, "float16");
      checkHalves(kinds.tensors.get("bfloat16")!.data, base, 2 ** -8, "bfloat16");
    },
  },
  ...(["kinds.pth", "kinds.legacy.pth"] as const).map((name) => ({
    name: `${name}: every element type, strided and shared storages`,
    run: async (_: unknown, fixtures: Fixtures) => checkKinds(await openCheckpoint(await source(fixtures, name))),
  })),
  {
    name: "safetensors: written and read again, bit for bit, with metadata and every element type",
    async run(_, fixtures) {
      const metadata = { source: "test", "a b": "ä" };
      const bytes = await written(writeSafetensors, { ...networkOf(crfRnn), metadata });
      const read = await openCheckpoint(bytesSource(bytes));
      await checkNetwork(read, crfRnn);
      check(JSON.stringify(read.metadata) === JSON.stringify(metadata), `metadata ${JSON.stringify(read.metadata)}`);
      const kinds = await openCheckpoint(await source(fixtures, "kinds.pth"));
      await checkKinds(await openCheckpoint(bytesSource(await written(writeSafetensors, kinds))));
    },
  },
  {
    name: "pth: written and read again, bit for bit",
    async run(_, fixtures) {
      await checkNetwork(await openCheckpoint(bytesSource(await written(writePytorch, networkOf(crfRnn)))), crfRnn);
      const kinds = await openCheckpoint(await source(fixtures, "kinds.pth"));
      await checkKinds(await openCheckpoint(bytesSource(await written(writePytorch, kinds))));
    },
  },
  {
    name: "pth: the CRF under crfasrnn_pytorch's names, the compatibility with its sign",
    async run() {
      const file = await openAsIs(bytesSource(await written(writePytorch, networkOf(crfRnn))));
      const matrix = await file.tensors.get("crfrnn.compatibility_matrix")!.read();
      same(
        Array.from(matrix, Number),
        Array.from(value("compatibility", 9), (number) => -number),
        "compatibility",
      );
      check(file.tensors.has("crfrnn.spatial_ker_weights"), "no crfrnn.spatial_ker_weights");
      check(file.tensors.has("crfrnn.bilateral_ker_weights"), "no crfrnn.bilateral_ker_weights");
    },
  },
  {
    name: "notes tell what was skipped",
    async run(_, fixtures) {
      sameNotes(await openCheckpoint(await source(fixtures, "crfrnn.pth")), []);
      sameNotes(await openCheckpoint(await source(fixtures, "fcn8s.caffemodel")), [
        "layer norm (BatchNorm, 3 blobs) is of an unknown kind and was skipped",
        "layer slope (PReLU, 1 blobs) is of an unknown kind and was skipped",
      ]);
      sameNotes(await openCheckpoint(await source(fixtures, "vgg19.h5")), [
        "norm/norm/gamma:0 is of an unknown kind and was skipped",
        "norm/norm/moving_mean:0 is of an unknown kind and was skipped",
        "predictions.kernel classifies ImageNet and was skipped",
        "predictions.bias classifies ImageNet and was skipped",
      ]);
      sameNotes(await openCheckpoint(await source(fixtures, "trainer.pth")), [
        "the state under model_state_dict was taken, epoch, best_mean_iu, optim_state_dict skipped",
        "module., the prefix of a DataParallel network, was taken off every name",
      ]);
    },
  },
  {
    name: "a web page and an empty file are refused by their first bytes",
    async run() {
      const page = new TextEncoder().encode("<!DOCTYPE html>");
      const error = await rejects(openCheckpoint(bytesSource(page, "x.pth")), FormatError);
      check(error.message.includes("x.pth at byte 0"), error.message);
      await rejects(openCheckpoint(bytesSource(new Uint8Array())), FormatError);
    },
  },
];
