import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  bytesSource,
  memorySink,
  openAsIs,
  openCheckpoint,
  writePytorch,
  writeSafetensors,
  type Checkpoint,
} from "../../src/checkpoint/checkpoint.ts";
import { FieldWindow, visitFields } from "../../src/checkpoint/protobuf.ts";
import { FormatError } from "../../src/errors.ts";
import { random } from "../suite.ts";
import { seedBytes, seeds } from "./fuzz.ts";
import { crfRnn, tensorOf } from "./network.ts";

const fixture = (name: string) =>
  new Uint8Array(readFileSync(fileURLToPath(new URL(`../fixtures/checkpoint/${name}`, import.meta.url))));

const ascii = (text: string) => new TextEncoder().encode(text);
const join = (...parts: (Uint8Array | number[])[]) => Uint8Array.from(parts.flatMap((part) => [...part]));

/** The FormatError with which reading `bytes` ends. */
async function refusal(bytes: Uint8Array): Promise<FormatError> {
  const error = await readWhole(bytes).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(FormatError);
  return error as FormatError;
}

/** Parts of networks are let through, so that it is the form of the file that is refused. */
async function readWhole(bytes: Uint8Array): Promise<void> {
  const { tensors } = await openCheckpoint(bytesSource(bytes, "file"), { partial: true });
  for (const tensor of tensors.values()) await tensor.read();
}

describe("pickles run nothing", () => {
  test.each([
    ["system.pth", "posix.system"],
    ["eval.legacy.pth", "__builtin__.eval"],
  ])("%s is refused at the name %s", async (name, call) => {
    const error = await refusal(fixture(name));
    expect(error.got).toBe(`${call} (not looked up, nothing was run)`);
    expect(error.offset).toBeGreaterThan(0);
    expect(existsSync("run")).toBe(false);
  });

  /** A legacy file whose object is this program. */
  const legacy = (object: Uint8Array | number[]) =>
    join(
      [0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e],
      [0x80, 2, 0x4d, 0xe9, 0x03, 0x2e],
      [0x80, 2, 0x7d, 0x58, 13, 0, 0, 0, ...ascii("little_endian"), 0x88, 0x73, 0x2e],
      object,
    );

  test.each([
    ["a call of a text", [...ascii("X\x04\0\0\0eval)R.")], "a call of something else"],
    ["a call of a dictionary's method", [...ascii("ccollections\nOrderedDict\n)R)R.")], "a call of something else"],
    ["attributes for a name", [...ascii("ctorch\nFloatStorage\n}b.")], "of another object"],
    ["a name made of lists", [...ascii("]]"), 0x93, 0x2e], "another value"],
    ["an instance", [...ascii("(ios\nsystem\n.")], "0x69"],
    ["an extension", [0x82, 1, 0x2e], "0x82"],
    ["an empty stack", [0x2e], "none"],
    ["a mark for a value", [...ascii("(.")], "none"],
    ["a memory that is not there", [0x68, 9, 0x2e], "none"],
  ])("%s", async (_, program, got) => {
    expect((await refusal(legacy(program))).got).toContain(got);
  });

  test.each([
    [10_000, "another value"],
    [100_000, "more"],
  ])("%s nested lists", async (depth, got) => {
    const nested = join(new Uint8Array(depth).fill(0x5d), new Uint8Array(depth - 1).fill(0x61), [0x2e], ascii("]."));
    expect((await refusal(legacy(nested))).got).toBe(got);
  });
});

describe("bombs", () => {
  test("a compressed archive is not unfolded", async () => {
    expect((await refusal(fixture("bomb.pth"))).got).toBe("a compressed or encrypted entry");
  });

  test("a dataset that claims sixteen times its file is not allocated", async () => {
    const error = await refusal(fixture("bomb.h5"));
    expect(error.expected).toMatch(/^tensors of at most \d+ bytes in a file of \d+$/);
    expect(error.got).toBe("8388608 bytes declared");
  });
});

describe("safetensors", () => {
  const file = (header: string, data = 0) => {
    const json = ascii(header);
    const length = new Uint8Array(8);
    new DataView(length.buffer).setUint32(0, json.length, true);
    return join(length, json, new Uint8Array(data));
  };
  const tensor = (dtype: string, shape: string, begin: number, end: number) =>
    `{"dtype":"${dtype}","shape":${shape},"data_offsets":[${begin},${end}]}`;

  test.each([
    ["a longer header than the file", join([255, 0, 0, 0, 0, 0, 0, 0], ascii("{")), /255 bytes/],
    ["a header of 2^63 bytes", join([0, 0, 0, 0, 0, 0, 0, 128], ascii("{")), /header below 100 MB/],
    ["broken JSON", file("{"), /a JSON header/],
    [
      "bytes that are no UTF-8",
      join([3, 0, 0, 0, 0, 0, 0, 0], ascii("{"), [0xff, 0x7d]),
      /at byte 9: expected JSON in UTF-8/,
    ],
    ["another dtype", file(`{"a":${tensor("F8", "[4]", 0, 4)}}`, 4), /a dtype of/],
    ["a dtype of Object's", file(`{"a":${tensor("constructor", "[4]", 0, 4)}}`, 4), /a dtype of/],
    ["a negative extent", file(`{"a":${tensor("F32", "[-1]", 0, 4)}}`, 4), /a shape for 'a'/],
    ["a fraction", file(`{"a":${tensor("F32", "[0.5]", 0, 2)}}`, 2), /a shape for 'a'/],
    ["extents that overflow", file(`{"a":${tensor("F32", "[4294967296,4294967296]", 0, 0)}}`), /bytes for 'a'/],
    ["fewer bytes than the shape", file(`{"a":${tensor("F32", "[4]", 0, 8)}}`, 8), /16 bytes for 'a'/],
    ["data beyond the end", file(`{"a":${tensor("F32", "[4]", 0, 16)}}`, 15), /16 bytes, got the end/],
    ["a gap", file(`{"a":${tensor("U8", "[1]", 1, 2)}}`, 2), /a to begin here/],
    ["an overlap", file(`{"a":${tensor("U8", "[2]", 0, 2)},"b":${tensor("U8", "[2]", 1, 3)}}`, 3), /b to begin here/],
    ["bytes at the end", file(`{"a":${tensor("U8", "[1]", 0, 1)}}`, 2), /the end of the file, got 1 more/],
    ["metadata that is no text", file(`{"__metadata__":{"a":1}}`), /__metadata__ of text/],
    [
      "a twice named tensor",
      file(`{"a":${tensor("U8", "[1]", 0, 1)},"a":${tensor("U8", "[1]", 1, 2)}}`, 2),
      /begin here/,
    ],
  ])("refuses %s", async (_, bytes, message) => {
    const error = await refusal(bytes);
    expect(error.message).toMatch(message);
    expect(error.offset).toBeDefined();
  });
});

describe("caffemodels", () => {
  const message = (field: number, contents: Uint8Array) => join([(field << 3) | 2, contents.length], contents);
  const blob = (contents: Uint8Array) => {
    const layer = join(message(1, ascii("fc6")), message(2, ascii("Convolution")), message(7, contents));
    return join([0x0a, 1, 0x61, 0xa2, 0x06, layer.length], layer);
  };

  test.each([
    [
      "a shape of 2^62 numbers without numbers",
      blob(message(7, Uint8Array.from([8, 255, 255, 255, 255, 7]))),
      /numbers of a blob/,
    ],
    ["a negative extent", blob(join([8, ...Array(9).fill(255), 1], message(5, new Uint8Array(4)))), /\[-1,0,0,0\]/],
    ["half a float", blob(message(5, new Uint8Array(6))), /packed numbers of 4 bytes/],
    ["raw data of no kind", blob(message(12, new Uint8Array(4))), /doubles, floats or halves/],
    ["a field longer than its message", blob(Uint8Array.from([0x2a, 100])), /a protobuf field/],
    ["an endless number", blob(new Uint8Array(12).fill(255)), /a protobuf field/],
    ["a group", blob(Uint8Array.from([0x0b, 0x0c])), /a group/],
    ["no layers", join([0x0a, 1, 0x61]), /layers with weights, got none/],
  ])("refuses %s", async (_, bytes, expected) => {
    const error = await refusal(bytes);
    expect(error.message).toMatch(expected);
    expect(error.offset).toBeDefined();
  });
});

describe("no silent partial load", () => {
  const checked = seeds.filter((name) => !name.endsWith(".caffemodel"));
  test.each(checked)("%s, cut anywhere, is refused", async (name) => {
    const whole = await seedBytes(name);
    const dice = random(3);
    for (let i = 0; i < 150; i++) await refusal(whole.slice(0, dice.integer(whole.length)));
    await refusal(whole.slice(0, whole.length - 1));
  });

  // A caffemodel has neither length nor checksum: cut between two layers, it is a whole smaller one. Only the names can
  // tell. An FCN-8s under its own names may be whole without a CRF; under those of the CRF-RNN release it is not.
  test.each([
    ["crfrnn.v1.caffemodel", []],
    ["vgg19.caffemodel", []],
    ["fcn8s.caffemodel", [Object.keys(crfRnn).length - 3]],
    ["unpacked.caffemodel", [Object.keys(crfRnn).length - 3]],
    ["half.caffemodel", [Object.keys(crfRnn).length - 3]],
  ] as const)("%s, cut after any layer, is whole or refused by the names of what is missing", async (name, smaller) => {
    const source = bytesSource(fixture(name), name);
    const ends: number[] = [];
    await visitFields(new FieldWindow(source), 0, source.size, (field) => void ends.push(field.end));
    const whole = (await openCheckpoint(source)).tensors.size;
    const sizes = new Set<number>([whole, ...smaller]);
    let refused = 0;
    for (const end of ends.slice(0, -1)) {
      const cut = bytesSource(fixture(name).slice(0, end), name);
      const failure = await openCheckpoint(cut).catch((reason: unknown) => reason);
      if (!(failure instanceof FormatError)) {
        expect(sizes).toContain((failure as Checkpoint).tensors.size);
        continue;
      }
      refused++;
      expect(failure.offset).toBe(end);
      expect(failure.message).toMatch(/the whole of .+, got the end without \w+|layers with weights/);
      const { tensors } = await openCheckpoint(cut, { partial: true }).catch(() => ({ tensors: new Map() }));
      for (const layer of failure.got.replace(/.* without /, "").split(", ")) {
        expect([...tensors.keys()].filter((key) => key === layer || key.startsWith(`${layer}.`))).toEqual([]);
      }
    }
    expect(refused).toBeGreaterThanOrEqual(name.startsWith("vgg") ? 18 : 20);
  });
});

describe("properties", () => {
  const names = fc.string({ unit: "grapheme", maxLength: 12 }).filter((name) => name !== "__metadata__");
  const tensors = fc.dictionary(
    names,
    fc
      .array(fc.nat(4), { maxLength: 4 })
      .chain((shape) =>
        fc.tuple(
          fc.constant(shape),
          fc.float32Array({ minLength: product(shape), maxLength: product(shape), noDefaultInfinity: false }),
        ),
      ),
  );
  const checkpointOf = (entries: Record<string, [number[], Float32Array]>): Checkpoint => ({
    format: "safetensors",
    tensors: new Map(Object.entries(entries).map(([name, [shape, data]]) => [name, tensorOf(shape, data)])),
    metadata: {},
    notes: [],
  });

  test.each([
    ["safetensors", writeSafetensors, false],
    [".pth", writePytorch, true],
  ] as const)("%s gives back any tensors of any names, bit for bit", async (_, write, needsTensors) => {
    await fc.assert(
      fc.asyncProperty(tensors, async (entries) => {
        const own = ["bandwidths", "spatialWeight", "bilateralWeight", "compatibility"];
        fc.pre(!needsTensors || (Object.keys(entries).length > 0 && !own.some((name) => name in entries)));
        fc.pre(!needsTensors || !Object.keys(entries).every((name) => name.startsWith("module.")));
        const sink = memorySink();
        await write(checkpointOf(entries), sink);
        const read = await openAsIs(bytesSource(sink.bytes()));
        expect([...read.tensors.keys()].sort()).toEqual(Object.keys(entries).sort());
        for (const [name, [shape, data]] of Object.entries(entries)) {
          const tensor = read.tensors.get(name)!;
          expect(tensor.shape).toEqual(shape);
          const found = (await tensor.read()) as Float32Array;
          expect(new Uint8Array(found.buffer)).toEqual(new Uint8Array(data.slice().buffer));
        }
      }),
      { seed: 4, numRuns: 60 },
    );
  });

  test("any bytes after any format's first are refused or read", async () => {
    const heads = (await Promise.all(seeds.map(seedBytes))).map((bytes) => bytes.slice(0, 24));
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...heads),
        fc.nat(24),
        fc.uint8Array({ maxLength: 300 }),
        async (head, kept, rest) => {
          const failure = await readWhole(join(head.slice(0, kept), rest)).catch((reason: unknown) => reason);
          if (failure !== undefined) expect(failure).toBeInstanceOf(FormatError);
        },
      ),
      { seed: 5, numRuns: 3000 },
    );
  });
});

function product(shape: readonly number[]): number {
  return shape.reduce((all, extent) => all * extent, 1);
}
