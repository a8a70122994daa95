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
import { join, latin1, u32, u64, zipOf } from "../hostile/bytes.ts";
import { legacyHead, tensor, text } from "../hostile/files.ts";
import { random } from "../suite.ts";
import { seedBytes, seeds } from "./fuzz.ts";
import { crfRnn, tensorOf } from "./network.ts";

const fixture = (name: string) =>
  new Uint8Array(readFileSync(fileURLToPath(new URL(`../fixtures/checkpoint/${name}`, import.meta.url))));

const ascii = (text: string) => new TextEncoder().encode(text);

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

  test("chunks far larger than their dataset, or than what they inflate to, are not read", async () => {
    const whole = fixture("crfrnn.model.h5");
    const { offset: tree } = (await openAsIs(bytesSource(whole))).tensors.get("fc6.bias")!;
    // The layout: version 3, chunks, of two dimensions with the element's, the tree's address.
    const layout = Buffer.from(whole).indexOf(join([3, 2, 2], u64(tree!)));
    const wide = Uint8Array.from(whole);
    wide.set(u32(50_000), layout + 11);
    expect((await refusal(wide)).message).toMatch(/expected chunks that fit \[6\], got \[50000\] of 4-byte numbers/);
    const long = Uint8Array.from(whole);
    long.set(u32(5000), tree! + 24);
    expect((await refusal(long)).message).toMatch(/expected a chunk of at most 24 bytes, got 5000/);
  });

  test("a dataset that claims sixteen times its file is not allocated", async () => {
    const error = await refusal(fixture("bomb.h5"));
    expect(error.expected).toMatch(/^tensors of at most \d+ bytes in a file of \d+$/);
    expect(error.got).toBe("8388608 bytes declared");
  });
});

describe("TorchScript", () => {
  const entries = [
    ["model/data.pkl", latin1("\x80\x02N.")],
    ["model/code/__torch__/model.py", ascii("class Model(Module): ...")],
    ["model/constants.pkl", latin1("\x80\x02).")],
    ["model/version", ascii("3\n")],
  ] as const;

  test.each([
    ["with its code compressed, as torch.jit.save writes it", (name: string) => name.endsWith(".py")],
    ["with nothing compressed", () => false],
  ])("%s, is called by its name", async (_, isDeflated) => {
    const error = await refusal(zipOf(entries, isDeflated));
    expect(error.message).toMatch(
      /got a TorchScript program — in Python, torch.save\(torch.jit.load\(file\).state_dict\(\), other\), and pass the other$/,
    );
  });

  test("and another archive with something compressed is not", async () => {
    const other = [["archive/data.pkl", latin1("\x80\x02N.")]] as const;
    expect((await refusal(zipOf(other, () => true))).got).toBe("a compressed or encrypted entry");
  });
});

describe("tensors that share a storage", () => {
  // _rebuild_tensor_v2((storage 0 of 12 numbers), offset, shape, strides, False, OrderedDict())
  const view = (name: string, offset: number, shape: number[], strides: number[]) =>
    join(
      text(name),
      ascii("ctorch._utils\n_rebuild_tensor_v2\n(("),
      ...[text("storage"), ascii("ctorch\nFloatStorage\n"), text("0"), text("cpu"), ascii("K\x0ctQK"), [offset]],
      ...[shape, strides].map((numbers) => join(ascii("("), ...numbers.map((number) => [0x4b, number]), ascii("t"))),
      [0x89],
      ascii("ccollections\nOrderedDict\n)RtR"),
    );
  const views = join(
    ascii("}("),
    view("whole", 0, [12], [1]),
    view("end", 8, [4], [1]),
    view("turned", 1, [3, 2], [1, 5]),
    view("one", 11, [1, 1], [7, 9]),
    view("none", 12, [0, 5], [5, 1]),
    ascii("u."),
  );
  const numbers = Float32Array.from({ length: 12 }, (_, i) => i);
  const storage = new Uint8Array(numbers.buffer);
  const expected = { end: [8, 9, 10, 11], turned: [1, 6, 2, 7, 3, 8], one: [11], none: [], whole: [...numbers] };
  const zip = zipOf([
    ["archive/data.pkl", join([0x80, 2], views)],
    ["archive/data/0", storage],
  ]);
  const keys = join([0x80, 2], ascii("]"), text("0"), ascii("a."));
  const legacy = join(legacyHead, [0x80, 2], views, keys, [12, 0, 0, 0, 0, 0, 0, 0], storage);

  test.each([
    ["zip", zip],
    ["legacy", legacy],
  ])("%s: each is read, in any order, as often as wanted", async (_, bytes) => {
    const { tensors } = await openAsIs(bytesSource(bytes, "x.pth"));
    for (const name of ["end", "turned", "whole", "one", "none", "turned", "end"] as const) {
      expect([...(await tensors.get(name)!.read())].map(Number), name).toEqual(expected[name]);
    }
  });

  test("a zip's storage is held against its checksum by whichever comes first", async () => {
    const damaged = Uint8Array.from(zip);
    // The eighth number, which `end` does not have.
    damaged[Buffer.from(damaged).indexOf(Buffer.from(storage)) + 28]! ^= 1;
    const { tensors } = await openAsIs(bytesSource(damaged, "x.pth"));
    await expect(tensors.get("end")!.read()).rejects.toThrow(FormatError);
  });

  test("windows that reach over all of a large storage are not read a thousand times", async () => {
    // Two numbers each, the first and the last of 3,000: 12 kB are read for 8 bytes.
    const wide = (i: number): Uint8Array =>
      join(
        text(`w${i}`),
        ascii("ctorch._utils\n_rebuild_tensor_v2\n(("),
        ...[text("storage"), ascii("ctorch\nFloatStorage\n"), text("0"), text("cpu"), latin1("M\xb8\x0btQK\0")],
        [0x4b, 2, 0x85, 0x4d, 0xb7, 0x0b, 0x85, 0x89],
        ascii("ccollections\nOrderedDict\n)RtR"),
      );
    const all = join(ascii("}("), ...Array.from({ length: 1000 }, (_, i) => wide(i)), ascii("u."));
    const bytes = zipOf([
      ["archive/data.pkl", join([0x80, 2], all)],
      ["archive/data/0", new Uint8Array(12_000)],
    ]);
    const error = await refusal(bytes);
    expect(error.message).toMatch(
      /expected tensors of at most \d+ bytes in a file of \d+, got 12000000 bytes declared/,
    );
  });
});

describe("legitimate files", () => {
  const tensors = (count: number): Checkpoint => ({
    format: "safetensors",
    tensors: new Map(
      Array.from({ length: count }, (_, i) => [
        `layers.${i}.self_attention.weight`,
        tensorOf([2, 3], Float32Array.of(i, 1, 2, 3, 4, 5)),
      ]),
    ),
    metadata: {},
    notes: [],
  });

  test.each([
    ["safetensors", writeSafetensors, 20_000],
    [".pth", writePytorch, 3000],
  ] as const)("%s of thousands of small tensors is read", async (_, write, count) => {
    const sink = memorySink();
    await write(tensors(count), sink);
    const read = await openAsIs(bytesSource(sink.bytes(), "x"));
    expect(read.tensors.size).toBe(count);
    expect([...(await read.tensors.get(`layers.${count - 1}.self_attention.weight`)!.read())]).toEqual([
      count - 1,
      1,
      2,
      3,
      4,
      5,
    ]);
  });

  test("caffemodels of thousands of layers are read", async () => {
    const message = (tag: number[], contents: Uint8Array) => join(tag, [contents.length], contents);
    const layer = (i: number): Uint8Array => {
      const blob = join(
        message([0x3a], Uint8Array.of(8, 1)),
        message([0x2a], new Uint8Array(Float32Array.of(i).buffer)),
      );
      const parts = [message([0x0a], ascii(`conv${i}`)), message([0x12], ascii("Convolution")), message([0x3a], blob)];
      return message([0xa2, 0x06], join(...parts));
    };
    const bytes = join(...Array.from({ length: 4000 }, (_, i) => layer(i)));
    const read = await openAsIs(bytesSource(bytes, "x.caffemodel"));
    expect(read.tensors.size).toBe(4000);
    expect([...(await read.tensors.get("conv3999.0")!.read())]).toEqual([3999]);
  });

  test("chunks are read any number of times", async () => {
    const { tensors: all } = await openAsIs(bytesSource(fixture("crfrnn.model.h5"), "model.h5"));
    const { read } = all.get("fc6.kernel")!;
    const first = await read();
    for (let i = 0; i < 200; i++) expect(await read()).toEqual(first);
  });
});

describe("messages", () => {
  const escape = "\x1b]0;owned\x07\r\u202e";
  const shown = "\\u001b]0;owned\\u0007\\u000d\\u202e";

  test("of names that speak to terminals show what they are", async () => {
    const header = JSON.stringify({ [escape]: { dtype: escape, shape: [1], data_offsets: [0, 4] } });
    const json = ascii(header);
    const error = await refusal(join([json.length, 0, 0, 0, 0, 0, 0, 0], json, new Uint8Array(4)));
    expect(error.expected).toBe(`a dtype of F64,F32,F16,BF16,I64,I32,I16,I8,U8,BOOL for '${shown}'`);
    expect(error.got).toBe(`'${shown}'`);
    const call = join(ascii("c"), ascii(`os${escape}\nsystem\n.`));
    const pickle = zipOf([["archive/data.pkl", join([0x80, 2], call)]]);
    expect((await refusal(pickle)).got).toBe(`os${shown}.system (not looked up, nothing was run)`);
  });

  test("of long names show 80 characters, and notes do", async () => {
    const name = "n".repeat(5000);
    const state = join(ascii("}"), text(name), ascii("Ns"), text(Buffer.from(escape).toString("latin1")), ascii("]s"));
    const read = await openAsIs(
      bytesSource(
        zipOf([
          ["archive/data.pkl", join([0x80, 2], state, text("w"), tensor(), ascii("s."))],
          ["archive/data/0", new Uint8Array(4)],
        ]),
      ),
    );
    expect(read.notes).toEqual([
      `${"n".repeat(80)}… is not a tensor and was skipped`,
      `${shown} is not a tensor and was skipped`,
    ]);
  });

  test("of files that name places beyond their end stay inside", async () => {
    const pth = zipOf([["archive/data.pkl", latin1("\x80\x02}.")]]);
    const directory = Buffer.from(pth).indexOf("PK\x01\x02");
    pth.set([0x70, 0x51, 0x28, 0x28], directory + 42);
    const h5 = fixture("crfrnn.h5");
    // The address of the root group's header, in the superblock.
    h5.set([0, 0, 0, 0, 0, 3, 0, 0], 64);
    for (const bytes of [pth, h5]) {
      const error = await refusal(bytes);
      expect(error.offset).toBeGreaterThanOrEqual(0);
      expect(error.offset).toBeLessThanOrEqual(bytes.length);
    }
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
