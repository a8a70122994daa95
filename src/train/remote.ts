import type { Sink } from "../checkpoint/checkpoint.ts";
import type { Metric } from "./metrics.ts";
import type { GivenLogits, Sample } from "./sample.ts";
import type { Split, Surroundings } from "./surroundings.ts";

interface Header {
  readonly id: string;
  readonly height: number;
  readonly width: number;
  readonly logits?: GivenLogits["shape"];
}

/** A sample as bytes for the way to a page: length of a header, the header as JSON, pixels, logits, labels. */
export function packSample({ id, image, labels, logits }: Sample): Uint8Array<ArrayBuffer> {
  const header: Header = { id, height: image.height, width: image.width, logits: logits?.shape };
  const text = new TextEncoder().encode(JSON.stringify(header));
  const start = (4 + text.length + 3) & ~3;
  const floats = image.values.length + (logits?.values.length ?? 0);
  const bytes = new Uint8Array(start + 4 * floats + labels.length);
  new Uint32Array(bytes.buffer, 0, 1)[0] = text.length;
  bytes.set(text, 4);
  const values = new Float32Array(bytes.buffer, start, floats);
  values.set(image.values);
  if (logits) values.set(logits.values, image.values.length);
  bytes.set(labels, start + 4 * floats);
  return bytes;
}

export function unpackSample(bytes: ArrayBuffer): Sample {
  const [length] = new Uint32Array(bytes, 0, 1);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 4, length))) as Header;
  const { id, height, width, logits: shape } = header;
  let at = (4 + length! + 3) & ~3;
  const take = (count: number): Float32Array<ArrayBuffer> => {
    const values = new Float32Array(bytes, at, count);
    at += 4 * count;
    return values;
  };
  const values = take(height * width * 3);
  const logits = shape && { shape, values: take(shape[0] * shape[1] * shape[2]) };
  return { id, image: { height, width, values }, labels: new Uint8Array(bytes, at), logits };
}

/** Surroundings on the other side of a connection: `fetch` takes paths below the page's, `tell` brings metrics there. */
export function remoteSurroundings(
  images: Surroundings["images"],
  fetch: (path: string, options?: RequestInit) => Promise<Response>,
  tell: (metric: Metric) => Promise<{ readonly stop: boolean }>,
): Surroundings {
  return {
    images,
    record: tell,
    sample: async (split: Split, index: number) =>
      unpackSample(await (await fetch(`sample/${split}/${index}`)).arrayBuffer()),
    save: async (name, produce) => {
      // Blobs of the browser do not count towards the page's memory.
      const pieces: Blob[] = [];
      const sink: Sink = { write: async (bytes) => void pieces.push(new Blob([bytes.slice()])) };
      await produce(sink);
      await fetch(`save/${name}`, { method: "POST", body: new Blob(pieces) });
    },
  };
}
