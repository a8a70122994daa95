import { deflateSync } from "node:zlib";
import { writeMat } from "../data/matWriter.ts";
import { bigEndian, join, joinAll, latin1, pngChunk, times, u16, u32, u64, zipOf } from "./bytes.ts";

// Small files made so that a reader that trusts them runs out of time, of memory or of stack. `amount` is how many of
// whatever the file repeats; the usual one is what made a reader fail before there was a budget, or would have.

export type Kind = "checkpoint" | "npy" | "png" | "mat" | "manifest" | "coco" | "list";

export interface HostileFile {
  readonly name: string;
  readonly kind: Kind;
  readonly amount: number;
  make(amount: number): Uint8Array;
}

export const text = (value: string): Uint8Array => join([0x58], u32(value.length), latin1(value));

/** A tensor of `count` numbers from `offset` on of storage 0, which has `stored` of them. */
export const tensor = (stored = 1, offset = 0, count = 1): Uint8Array =>
  join(
    latin1("ctorch._utils\n_rebuild_tensor_v2\n(("),
    ...[text("storage"), latin1("ctorch\nFloatStorage\n"), text("0"), text("cpu"), [0x4a], u32(stored), latin1("tQ")],
    ...[[0x4a], u32(offset), [0x4a], u32(count), [0x85], latin1("K\x01\x85\x89ccollections\nOrderedDict\n)RtR")],
  );

const state = (): Uint8Array => join(latin1("}"), text("w"), tensor(), latin1("s"));

/** A dictionary that has `key`, a pickle, for one of its keys and a state for another. */
const withKey = (key: Uint8Array): Uint8Array =>
  join(latin1("}("), key, latin1("N"), text("state_dict"), state(), latin1("u."));

const pth = (pickle: Uint8Array, storage = new Uint8Array(4)): Uint8Array =>
  zipOf([
    ["archive/data.pkl", join([0x80, 2], pickle)],
    ["archive/data/0", storage],
    ["archive/version", latin1("3\n")],
  ]);

/** What stands before the object in a file of the legacy format. */
export const legacyHead = join(
  [0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e],
  [0x80, 2, 0x4d, 0xe9, 0x03, 0x2e],
  join([0x80, 2, 0x7d], text("little_endian"), [0x88, 0x73, 0x2e]),
);

/** A list of lists of lists, each of which holds the one before twice. */
function doubled(levels: number): Uint8Array {
  const one = (level: number): Uint8Array => {
    const get = [0x6a, ...u32(level - 1)];
    return join(latin1("]"), ...(level > 0 ? [get, latin1("a"), get, latin1("a")] : []), [0x72, ...u32(level), 0x30]);
  };
  return join(...Array.from({ length: levels }, (_, level) => one(level)), [0x6a, ...u32(levels - 1)]);
}

const nested = (levels: number): Uint8Array => join(times(levels, "]"), times(levels - 1, "a"));

/** Numbers of which V8 makes the same hash, as far as a table of them looks at it. */
function collidingNumbers(count: number): number[] {
  const numbers: number[] = [];
  for (let number = 1; numbers.length < count && number < 2 ** 31; number++) {
    let hash = (~number + (number << 15)) >>> 0;
    hash = (hash ^ (hash >>> 12)) >>> 0;
    hash = (hash + (hash << 2)) >>> 0;
    hash = (hash ^ (hash >>> 4)) >>> 0;
    hash = Math.imul(hash, 2057) >>> 0;
    if (((hash ^ (hash >>> 16)) & 0x3fff) === 0) numbers.push(number);
  }
  return numbers;
}

export function safetensors(header: string | Uint8Array, data = 0): Uint8Array {
  const bytes = typeof header === "string" ? latin1(header) : header;
  return join(u64(bytes.length), bytes, new Uint8Array(data));
}

const deep = (levels: number): string => "[".repeat(levels) + "]".repeat(levels);

/** An HDF5 file whose root group has this B-tree, at byte 256, and whatever else lies behind. */
function hdf5(heap: number, ...rest: Uint8Array[]): Uint8Array {
  const message = [...u16(0x11), ...u16(16), 0, 0, 0, 0, ...u64(256), ...u64(heap)];
  const body = join(times(160, "\0"), ...rest);
  const size = 96 + body.length;
  const superblock = [0, 0, 0, 0, 0, 8, 8, 0, 4, 0, 16, 0, 0, 0, 0, 0, ...u64(0), ...u64(2 ** 53 - 1), ...u64(size)];
  const root = [...u64(2 ** 53 - 1), ...u64(0), ...u64(96), ...times(24, "\0")];
  const head = join(latin1("\x89HDF\r\n\x1a\n"), superblock, root).slice(0, 96);
  const object = [1, 0, ...u16(1), ...u32(1), ...u32(message.length), 0, 0, 0, 0, ...message];
  const file = join(head, body);
  file.set(object, 96);
  return file;
}

const treeNode = (...children: readonly number[]): Uint8Array =>
  join(
    latin1("TREE"),
    [0, 0, ...u16(children.length), ...times(16, "\xff")],
    ...children.map((child) => [...u64(0), ...u64(child)]),
  );

/** `count` links whose names are the ends of one text of `length`. */
function suffixes(count: number, length: number): Uint8Array {
  const tree = join(treeNode(512), new Uint8Array(256)).slice(0, 256);
  const entries = Array.from({ length: count }, (_, i) => [...u64(i), ...u64(96), ...times(24, "\0")]);
  const symbols = join(latin1("SNOD"), [1, 0, ...u16(count)], ...entries);
  const heap = 512 + symbols.length;
  const names = join(times(length, "a"), [0]);
  const heapHead = join(latin1("HEAP"), times(4, "\0"), u64(names.length), u64(1), u64(heap + 32));
  return hdf5(heap, tree, symbols, heapHead, names);
}

/** A global heap's text of `length` that `count` places of an attribute name. */
function sameText(count: number, length: number): Uint8Array {
  const texts = Array.from({ length: count }, () => [...u32(length), ...u64(256), ...u32(1)]).flat();
  const parts = [...u16(12), ...u16(16), ...u16(16)];
  const datatype = [0x19, 1, 0, 0, ...u32(16), ...times(8, "\0")];
  const space = [1, 1, 0, 0, 0, 0, 0, 0, ...u64(count)];
  const attribute = [1, 0, ...parts, ...latin1("layer_names\0\0\0\0\0"), ...datatype, ...space, ...texts];
  const message = [...u16(0x0c), ...u16(attribute.length), 0, 0, 0, 0, ...attribute];
  const heapLength = 16 + 16 + Math.ceil(length / 8) * 8;
  const heap = join(
    latin1("GCOL\x01\0\0\0"),
    u64(heapLength),
    [1, 0, 1, 0, 0, 0, 0, 0, ...u64(length)],
    times(length, "a"),
  );
  const file = hdf5(0, join(heap, new Uint8Array(8)), Uint8Array.from(message));
  const continuation = file.length - message.length;
  file.set([1, 0, ...u16(2), ...u32(1), ...u32(24), 0, 0, 0, 0, ...u16(0x10), ...u16(16), 0, 0, 0, 0], 96);
  file.set([...u64(continuation), ...u64(message.length)], 96 + 24);
  return file;
}

function npy(version: number, shape: Uint8Array, values = 1): Uint8Array {
  const header = join(latin1("{'descr': '|u1', 'fortran_order': True, 'shape': ("), shape, latin1("), }\n"));
  const length = version === 1 ? u16(header.length) : u32(header.length);
  return join(latin1("\x93NUMPY"), [version, 0], length, header, new Uint8Array(values));
}

function png(width: number, height: number, depth: number, color: number, ...chunks: Uint8Array[]): Uint8Array {
  const header = [...bigEndian(width), ...bigEndian(height), depth, color, 0, 0, 0];
  const parts = [pngChunk("IHDR", Uint8Array.from(header)), ...chunks, pngChunk("IEND", new Uint8Array())];
  return join(latin1("\x89PNG\r\n\x1a\n"), ...parts);
}

const coco = (side: number, annotations: readonly string[]): Uint8Array =>
  latin1(
    `{"images":[{"id":1,"file_name":"a.jpg","height":${side},"width":${side}}],` +
      `"categories":[{"id":1,"name":"person"}],"annotations":[${annotations.join(",")}]}`,
  );

const annotation = (segmentation: string): string => `{"image_id":1,"category_id":1,"segmentation":${segmentation}}`;

/** A count in the characters of COCO's compressed runs. */
function runCount(count: number): string {
  let characters = "";
  for (let rest = count, more = true; more;) {
    const low = rest & 31;
    rest >>= 5;
    more = rest !== 0 || (low & 16) !== 0;
    characters += String.fromCharCode(48 + (low | (more ? 32 : 0)));
  }
  return characters;
}

const mebi = 2 ** 20;
const checkpoint = (name: string, amount: number, make: HostileFile["make"]): HostileFile => ({
  name,
  kind: "checkpoint",
  amount,
  make,
});

export const hostileFiles: readonly HostileFile[] = [
  checkpoint("a doubled list as a key .pth", 40, (n) => pth(withKey(doubled(n)))),
  checkpoint("a nested list as a key .pth", 200_000, (n) => pth(withKey(nested(n)))),
  checkpoint("a doubled list in place of the magic number .pth", 40, (n) =>
    join(legacyHead.slice(0, 14), latin1("0"), doubled(n), latin1(".")),
  ),
  checkpoint("empty dictionaries .pth", 8 * mebi, (n) => pth(join(times(n, "}"), latin1(".")))),
  checkpoint("empty dictionaries .legacy.pth", 8 * mebi, (n) =>
    join(legacyHead, [0x80, 2], times(n, "}"), latin1(".")),
  ),
  checkpoint("empty lists .pth", 8 * mebi, (n) => pth(join(times(n, "]"), latin1(".")))),
  checkpoint("called dictionaries .pth", 2 * mebi, (n) =>
    pth(join(latin1("ccollections\nOrderedDict\nq\x00"), times(n, "h\x00)R"), latin1("."))),
  ),
  checkpoint("nothings .pth", 16 * mebi, (n) => pth(join(times(n, "N"), latin1(".")))),
  checkpoint("marks .pth", 16 * mebi, (n) => pth(join(times(n, "("), latin1(".")))),
  checkpoint("remembered values .pth", 8 * mebi, (n) => pth(join(latin1("]"), times(n, "\x94"), latin1(".")))),
  checkpoint("a far memory .pth", 2 ** 32 - 1, (n) => pth(join(latin1("]"), [0x72], u32(n), latin1(".")))),
  checkpoint("long integers .pth", 60_000, (n) =>
    pth(join(times(n, join([0x8a, 255], times(255, "\x7f"))), latin1("."))),
  ),
  checkpoint("numbers that collide as keys .pth", 65_536, (n) => {
    const pairs = collidingNumbers(n).map((number) => [0x4a, ...u32(number), 0x4e]);
    return pth(joinAll([latin1("}("), ...pairs, text("state_dict"), state(), latin1("u.")]));
  }),
  checkpoint("a name of megabytes .pth", 16 * mebi, (n) =>
    pth(join(latin1("}"), text("\x1b".repeat(n)), tensor(), latin1("s."))),
  ),
  checkpoint("entries that are no tensors .pth", mebi, (n) => {
    const pairs = Array.from({ length: n }, (_, i) => text(i.toString(36)));
    const none = latin1("N");
    return pth(joinAll([latin1("}("), ...pairs.flatMap((pair) => [pair, none]), text("w"), tensor(), latin1("u.")]));
  }),
  checkpoint("views of one storage .pth", 4096, (n) => {
    const stored = 256 * n;
    const views = Array.from({ length: n }, (_, i) => join(text(`w${i}`), tensor(stored, i, 1)));
    return pth(joinAll([latin1("}("), ...views, latin1("u.")]), new Uint8Array(4 * stored));
  }),
  checkpoint("empty entries .zip", 30_000, (n) =>
    zipOf(Array.from({ length: n }, (_, i) => [`archive/data/${i}`, new Uint8Array()] as const)),
  ),
  checkpoint("ends of one long name .h5", 2000, (n) => suffixes(n, 2048 * n)),
  checkpoint("one long text, many times .h5", 4000, (n) => sameText(n, 1024 * n)),
  checkpoint("a tree that leads to itself .h5", 3000, (n) => {
    const tree = treeNode(...Array.from({ length: n }, () => 256));
    // The node has level 255, and each node has the same children again.
    tree[5] = 255;
    const heap = 256 + tree.length;
    return hdf5(heap, tree, join(latin1("HEAP"), times(4, "\0"), u64(8), u64(1), u64(heap + 32), u64(0)));
  }),
  checkpoint("empty V1 layers .caffemodel", 10 * mebi, (n) => times(n, "\x12\x00")),
  checkpoint("empty layers .caffemodel", 6 * mebi, (n) => times(n, "\xa2\x06\x00")),
  checkpoint("layers of one empty blob .caffemodel", 4 * mebi, (n) => times(n, "\xa2\x06\x02\x3a\x00")),
  checkpoint("unknown fields .caffemodel", 10 * mebi, (n) => join([0x12, 0], times(n, "\x18\x00"))),
  checkpoint("empty dimensions of a blob .caffemodel", 4 * mebi, (n) => {
    const varint = (value: number): number[] => [
      (value & 127) | 128,
      ((value >> 7) & 127) | 128,
      ((value >> 14) & 127) | 128,
      value >> 21,
    ];
    const shape = join([0x3a], varint(2 * n), times(n, "\x10\x00"));
    const blob = join([0x3a], varint(shape.length), shape);
    return join([0xa2, 0x06], varint(blob.length), blob);
  }),
  ...(["shape", "dtype", "data_offsets"] as const).map((key) =>
    checkpoint(`a nested ${key} .safetensors`, 200_000, (n) => {
      const entry = { dtype: '"F32"', shape: "[1]", data_offsets: "[0,4]", [key]: deep(n) };
      const pairs = Object.entries(entry).map(([name, value]) => `"${name}":${value}`);
      return safetensors(`{"w":{${pairs.join(",")}}}`, 4);
    }),
  ),
  checkpoint("nested metadata .safetensors", 200_000, (n) => safetensors(`{"__metadata__":${deep(n)}}`)),
  checkpoint("a nested header .safetensors", 200_000, (n) => safetensors(`{"w":${deep(n)}}`)),
  checkpoint("empty objects .safetensors", 7 * mebi, (n) =>
    safetensors(join(latin1('{"w":['), times(n, "{},"), latin1("0]}"))),
  ),
  checkpoint("numbers .safetensors", 10 * mebi, (n) =>
    safetensors(join(latin1('{"w":['), times(n, "0,"), latin1("0]}"))),
  ),
  checkpoint("objects of different keys .safetensors", mebi, (n) => {
    const objects = Array.from({ length: n }, (_, i) => `{"${i.toString(36)}":0}`);
    return safetensors(`{"w":[${objects.join(",")}]}`);
  }),
  checkpoint("many empty tensors .safetensors", 200_000, (n) => {
    const entries = Array.from({ length: n }, (_, i) => `"${i}":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}`);
    return safetensors(`{${entries.join(",")}}`);
  }),
  checkpoint("a name of megabytes .safetensors", 16 * mebi, (n) =>
    safetensors(join(latin1('{"'), times(n, "\x1f").fill(0x41), latin1('":{"dtype":"F8"}}'))),
  ),
  ...[20_000, 60_000].map((amount): HostileFile => ({
    name: `${amount} extents .npy`,
    kind: "npy",
    amount,
    make: (n) => npy(n * 2 > 65_000 ? 2 : 1, times(n, "1,")),
  })),
  { name: "extents of version 2 .npy", kind: "npy", amount: 5_000_000, make: (n) => npy(2, times(n, "1,")) },
  { name: "blanks .npy", kind: "npy", amount: 32_000, make: (n) => npy(1, times(n, " "), 0) },
  {
    name: "colors of 16 bits .png",
    kind: "png",
    amount: 8192,
    make: (n) => png(n, n, 16, 6, pngChunk("IDAT", deflateSync(Buffer.alloc(n * (1 + 8 * n)), { level: 6 }))),
  },
  {
    name: "empty chunks .png",
    kind: "png",
    amount: 3_000_000,
    make: (n) => {
      const pixels = pngChunk("IDAT", deflateSync(Buffer.alloc(6)));
      return png(2, 2, 8, 0, times(n, pngChunk("IDAT", new Uint8Array())), pixels);
    },
  },
  {
    name: "variables .mat",
    kind: "mat",
    amount: 400_000,
    make: (n) => {
      const one = writeMat({ a: { rows: 1, columns: 1, values: [1], store: "uint8" } });
      return join(one, times(n, one.slice(128)));
    },
  },
  {
    name: "compressed variables .mat",
    kind: "mat",
    amount: 200_000,
    make: (n) => {
      const one = writeMat({ a: { rows: 1, columns: 1, values: [1], store: "uint8" } }, { compress: true });
      return join(one, times(n, one.slice(128)));
    },
  },
  { name: "nested .manifest.json", kind: "manifest", amount: 2_000_000, make: (n) => latin1(deep(n)) },
  {
    name: "empty items .manifest.json",
    kind: "manifest",
    amount: 7 * mebi,
    make: (n) => join(latin1('{"classes":[],"items":['), times(n, "{},"), latin1("{}]}")),
  },
  {
    name: "nested polygons .coco.json",
    kind: "coco",
    amount: 500_000,
    make: (n) => coco(9, [annotation(`[${deep(n)}]`)]),
  },
  {
    name: "empty annotations .coco.json",
    kind: "coco",
    amount: 7 * mebi,
    make: (n) => join(latin1('{"images":[],"categories":[],"annotations":['), times(n, "{},"), latin1("{}]}")),
  },
  {
    name: "instances that cover all .coco.json",
    kind: "coco",
    amount: 4000,
    make: (n) => {
      const runs = `{"size":[4096,4096],"counts":"0${runCount(4096 * 4096)}"}`;
      return coco(
        4096,
        Array.from({ length: n }, () => annotation(runs)),
      );
    },
  },
  {
    name: "long outlines .coco.json",
    kind: "coco",
    amount: 4000,
    make: (n) =>
      coco(
        8192,
        Array.from({ length: n }, () => annotation("[[0,0,16384,16384,0,16384]]")),
      ),
  },
  { name: "blank lines .list.txt", kind: "list", amount: 30 * mebi, make: (n) => times(n, "\n") },
  {
    name: "short ids .list.txt",
    kind: "list",
    amount: 1_000_000,
    make: (n) => latin1(Array.from({ length: n }, (_, i) => `${i.toString(36)}\n`).join("")),
  },
];
