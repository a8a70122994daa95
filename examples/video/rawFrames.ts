import { createReadStream } from "node:fs";
import type { PixelData } from "crf-rnn";

/** Frames of a file of raw pixels, red, green and blue, one after the other, as `ffmpeg -f rawvideo -pix_fmt rgb24` writes them. */
export async function* framesIn(file: string, height: number, width: number): AsyncGenerator<PixelData> {
  const bytes = height * width * 3;
  for await (const data of createReadStream(file, { highWaterMark: bytes })) {
    if ((data as Uint8Array).length === bytes) yield { data: data as Uint8Array, width, height };
  }
}
