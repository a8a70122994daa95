import { readFileSync, writeFileSync } from "node:fs";
import { crc32 } from "node:zlib";
import { encode } from "fast-png";
import { zlibSync } from "fflate";
import { parseNames } from "../../src/data/context.ts";
import { itemsOf } from "../../src/data/dataset.ts";
import { concatenate } from "../../src/data/inflate.ts";
import { decodeImage } from "../../src/data/images.ts";
import { parseList } from "../../src/data/lists.ts";
import { readMat } from "../../src/data/mat.ts";
import { decodeNpy, encodeNpy } from "../../src/data/npy.ts";
import { openDataset } from "../../src/data/openDataset.ts";
import { decodeLabelPng } from "../../src/data/png.ts";
import { areaOf, decodeRuns } from "../../src/data/runs.ts";
import type { FormatError } from "../../src/errors.ts";
import type { FuzzTarget } from "../fuzz.ts";
import { root } from "../hosts/folders.ts";
import { writeMat } from "./matWriter.ts";
import { halves, height, instances, manifest, mask, photo, type Tree, width } from "./trees.ts";

const fixture = (name: string): Uint8Array => new Uint8Array(readFileSync(`${root}test/fixtures/data/${name}`));
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Deflate shrinks by 1032 at most, and eight labels fit into a byte of a PNG. */
const mostPixels = (bytes: Uint8Array): number => bytes.length * 1032 * 8;

function sound(count: number, values: ArrayLike<number>, most = Infinity): void {
  if (values.length !== count || count > most)
    throw new Error(`${values.length} values for ${count}, of at most ${most}`);
}

function matTarget(name: string, original: Uint8Array, path: readonly string[]): FuzzTarget {
  return {
    name,
    original,
    read: async (bytes) => {
      const { rows, columns, values } = readMat(bytes, name, path);
      sound(rows * columns, values, mostPixels(bytes));
    },
  };
}

function pngTarget(name: string, original: Uint8Array): FuzzTarget {
  return {
    name,
    original,
    read: async (bytes) => {
      const map = decodeLabelPng(bytes, name);
      sound(map.height * map.width, map.labels, mostPixels(bytes));
    },
  };
}

/** Header and rows of a PNG of two bits a pixel, mutated before they are compressed and get their checksums. */
function sealedTarget(name: string): FuzzTarget {
  const header = [0, 0, 0, 9, 0, 0, 0, 5, 2, 3, 0, 0, 0];
  const rows = Array.from({ length: 5 }, (_, y) => [y % 5, 0b00011011, 0b11100100, 0b01000000]);
  const chunk = (type: string, data: Uint8Array): Uint8Array[] => {
    const body = Uint8Array.from([...utf8(type), ...data]);
    const words = [data.length, crc32(body)].map((word) => {
      const bytes = new Uint8Array(4);
      new DataView(bytes.buffer).setUint32(0, word);
      return bytes;
    });
    return [words[0]!, body, words[1]!];
  };
  const seal = (bytes: Uint8Array): Uint8Array =>
    concatenate([
      Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
      ...chunk("IHDR", bytes.subarray(0, 13)),
      ...chunk("PLTE", Uint8Array.of(0, 0, 0, 128, 0, 0, 0, 128, 0)),
      ...chunk("IDAT", zlibSync(bytes.subarray(13))),
      ...chunk("IEND", new Uint8Array(0)),
    ]);
  return {
    ...pngTarget(name, Uint8Array.from([...header, ...rows.flat()])),
    sizeOf: (bytes) => seal(bytes).length,
    read: async (bytes) => {
      const png = seal(bytes);
      const map = decodeLabelPng(png, name);
      sound(map.height * map.width, map.labels, mostPixels(png));
      if (map.palette?.length !== 3) throw new Error("the palette is lost");
    },
  };
}

function imageTarget(name: string, original: Uint8Array): FuzzTarget {
  return {
    name,
    original,
    read: async (bytes) => {
      const image = await decodeImage(bytes, name);
      sound(image.height * image.width * 3, image.values);
    },
  };
}

/** A data set whose one index file is mutated; every label map that it still names is read. */
function folderTarget(name: string, tree: Tree, file: string, hasPlace: (error: FormatError) => boolean): FuzzTarget {
  return {
    name,
    original: new Uint8Array(readFileSync(tree.file(file))),
    read: async (bytes) => {
      writeFileSync(tree.file(file), bytes);
      const dataset = await openDataset(tree.path, { minimumPixels: 0 });
      for (const item of itemsOf({ dataset })) {
        const map = await item.labels();
        sound(map.height * map.width, map.labels);
      }
    },
    hasPlace,
  };
}

export const names = [
  "plain.mat",
  "big-endian.mat",
  "compressed.mat",
  "SciPy's.mat",
  "palette.png",
  "interlaced.png",
  "sealed.png",
  "photo.jpg",
  "array.npy",
  "runs",
  "list.txt",
  "labels.txt",
  "manifest.json",
  "instances.json",
] as const;

/** The target of a name; `tree` is for those that need a folder. */
export async function targetOf(name: (typeof names)[number], tree: Tree): Promise<FuzzTarget> {
  const matrix = { rows: height, columns: width, values: [...halves(7)], store: "uint8" as const };
  const struct = { GTcls: { fields: { Boundaries: matrix, Segmentation: matrix } } };
  const path = ["GTcls", "Segmentation"];
  switch (name) {
    case "plain.mat":
      return matTarget(name, writeMat(struct), path);
    case "big-endian.mat":
      return matTarget(name, writeMat(struct, { littleEndian: false }), path);
    case "compressed.mat":
      return matTarget(name, writeMat({ LabelMap: matrix }, { compress: true }), ["LabelMap"]);
    case "SciPy's.mat":
      return matTarget(name, fixture("sbd.plain.mat"), path);
    case "palette.png":
      return pngTarget(name, mask(halves(3, true)));
    case "interlaced.png":
      return pngTarget(name, encode({ width, height, channels: 1, data: halves(9) }, { interlace: "Adam7" }));
    case "sealed.png":
      return sealedTarget(name);
    case "photo.jpg":
      return imageTarget(name, await photo());
    case "array.npy":
      return {
        name,
        original: encodeNpy({ shape: [2, 3, 4], data: new Float32Array(24) }),
        read: async (bytes) => {
          const { shape, data } = decodeNpy(bytes, name);
          sound(
            shape.reduce((product, extent) => product * extent, 1),
            data,
            bytes.length,
          );
        },
      };
    case "runs":
      return {
        name,
        original: utf8(JSON.parse(readFileSync(`${root}test/fixtures/data/polygons.json`, "utf8"))[0][3]),
        read: async (bytes) => {
          const text = new TextDecoder("latin1").decode(bytes);
          const area = areaOf(decodeRuns(text, { file: name, path: "counts", height: 26, width: 37 }));
          if (!(area >= 0 && area <= 26 * 37)) throw new Error(`an area of ${area}`);
        },
        hasPlace: ({ expected }) => expected.startsWith("counts: "),
      };
    case "list.txt":
      return {
        name,
        original: utf8("2007_000032\n2007_000039\r\n\n2011_003276\n"),
        read: async (bytes) => {
          const stray = parseList(bytes, name).find((id) => !/^[\w-][\w.-]*$/.test(id));
          if (stray !== undefined) throw new Error(`the id '${stray}'`);
        },
      };
    case "labels.txt":
      return {
        name,
        original: utf8("1: accordion\n2: aeroplane\n3: air conditioner\n"),
        read: async (bytes) => {
          if (parseNames(bytes, name).length > bytes.length) throw new Error("more names than bytes");
        },
      };
    case "manifest.json":
      tree.write("manifest.json", manifest);
      for (const { mask: file } of manifest.items) tree.write(file, mask(halves(1)));
      return folderTarget(name, tree, name, isPlaced);
    case "instances.json":
      tree.write("annotations/instances_train2014.json", instances);
      return folderTarget(name, tree, "annotations/instances_train2014.json", isPlaced);
  }
}

/** The offset, or the file at fault that the index names. */
function isPlaced({ offset, file }: FormatError): boolean {
  return offset !== undefined || !file.endsWith(".json");
}
