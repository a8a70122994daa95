import { FormatError } from "../errors.ts";
import { findJpegFault } from "./jpegMarkers.ts";
import { maximumPixels } from "./labels.ts";
import { decodeNpy } from "./npy.ts";
import { decodeRgbPng, isPng } from "./png.ts";

/** A photograph `[height, width, 3]`: red, green and blue as stored in the file, 0…255. */
export interface Image {
  readonly height: number;
  readonly width: number;
  readonly values: Float32Array<ArrayBuffer>;
}

/**
 * Reads a PNG, a JPEG or a `.npy` array `[height, width, 3]`, told apart by their first bytes.
 * Samples come as stored: no color management, no rotation by camera tags. JPEG needs the package `sharp`.
 * @throws FormatError for anything else, and for files that are truncated, corrupt or of size zero
 */
export async function decodeImage(bytes: Uint8Array, file: string): Promise<Image> {
  if (isPng(bytes)) return decodeRgbPng(bytes, file);
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return decodeJpeg(bytes, file);
  if (bytes[0] === 0x93) return decodeArray(bytes, file);
  throw new FormatError({
    file,
    offset: 0,
    expected: "a PNG, a JPEG or a .npy array [height, width, 3]",
    got: bytes.length === 0 ? "an empty file" : "another format",
    remedy: "convert the image to PNG",
  });
}

function decodeArray(bytes: Uint8Array, file: string): Image {
  const { shape, data } = decodeNpy(bytes, file);
  const [height, width, channels] = shape;
  if (shape.length !== 3 || channels !== 3 || height * width === 0) {
    throw new FormatError({
      file,
      expected: "an image [height, width, 3]",
      got: `shape [${shape.join(", ")}]`,
      remedy: "put the channels last",
    });
  }
  return { height, width, values: Float32Array.from(data) };
}

async function decodeJpeg(bytes: Uint8Array, file: string): Promise<Image> {
  const { default: sharp } = await import("sharp");
  try {
    // What libjpeg only warns of, it has made up: pixels that the file lacks.
    const { data, info } = await sharp(bytes, { failOn: "warning", ignoreIcc: true, limitInputPixels: maximumPixels })
      .toColorspace("srgb")
      .raw()
      .toBuffer({ resolveWithObject: true });
    const values = new Float32Array(info.width * info.height * 3);
    for (let i = 0; i < values.length; i++) {
      values[i] =
        info.channels < 3 ? data[Math.floor(i / 3) * info.channels] : data[Math.floor(i / 3) * info.channels + (i % 3)];
    }
    return { height: info.height, width: info.width, values };
  } catch (cause) {
    const fault = findJpegFault(bytes);
    const remedy = "the file is damaged: write it again";
    if ("expected" in fault) throw new FormatError({ file, ...fault, remedy }, { cause });
    const expected = "compressed pixels from here on that can be decoded";
    const got = (cause as Error).message.split("\n")[0];
    throw new FormatError({ file, offset: fault.pixels, expected, got, remedy }, { cause });
  }
}
