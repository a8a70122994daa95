import type { CrfOptions } from "../../crf/crfRnn.ts";
import type { Device } from "../../device/device.ts";
import { UsageError } from "../../errors.ts";
import {
  arrayRows,
  type Estimate,
  estimateStream,
  fitsWhole,
  stream,
  type StreamOptions,
} from "../../stream/stream.ts";
import type { RefineFlags } from "./flags.ts";

/** A picture in memory of the host, with what is known of it. */
export interface InMemory {
  readonly height: number;
  readonly width: number;
  readonly classes: number;
  /** [height, width, 3] */
  readonly guide: Float32Array;
  /** [height, width, classes] */
  readonly logits: Float32Array;
}

/** Tells whether a picture goes through the device by bands: where it was asked for, or has no room there. @throws UsageError for --until and --prune then */
export function goesByBands(device: Device, size: Omit<InMemory, "guide" | "logits">, flags: RefineFlags): boolean {
  if (flags.rows === undefined && fitsWhole(device, size)) return false;
  const whole = flags.until !== undefined ? "--until" : flags.prune !== undefined ? "--prune" : undefined;
  if (!whole) return true;
  throw new UsageError({
    where: whole,
    expected: "a picture that the device holds at once",
    got: `${size.height}×${size.width} pixels of ${size.classes} classes by bands`,
    remedy: "leave it out",
  });
}

/** The layer's options that `stream` takes. */
const streamOptions = ({ classes: _classes, warnings: _warnings, ...options }: CrfOptions): StreamOptions => options;

/** Refines by bands, and writes the result over the logits. */
export async function refineByBands(
  device: Device,
  { height, width, classes, guide, logits }: InMemory,
  options: CrfOptions,
  { rows }: Pick<RefineFlags, "rows">,
  onBand?: (done: number, of: number) => void,
): Promise<void> {
  const unary = arrayRows(logits, { height, width, channels: classes });
  const picture = { height, width, guide: arrayRows(guide, { height, width, channels: 3 }), unary, result: unary };
  await stream(device, picture, { ...streamOptions(options), rows, onBand });
}

/** What `--dry-run` says of a picture that goes by bands. */
export interface BandFacts extends Estimate {
  readonly seconds: number;
}

/** So many pixels are refined, to tell how long all take. */
const samplePixels = 1 << 17;

/** Estimates memory and time by some rows from the middle of the picture, which are streamed as a picture of their own. */
export async function measureBands(
  device: Device,
  picture: InMemory,
  options: CrfOptions,
  flags: Pick<RefineFlags, "rows" | "iterations">,
): Promise<BandFacts> {
  const { height, width, classes, guide, logits } = picture;
  const rows = Math.max(1, Math.min(height, Math.floor(samplePixels / width)));
  const first = Math.floor((height - rows) / 2);
  const part = (values: Float32Array, channels: number): Float32Array =>
    values.slice(first * width * channels, (first + rows) * width * channels);
  const sample = { height: rows, width, classes, guide: part(guide, 3), logits: part(logits, classes) };
  const sampled = { ...options, iterations: 1 };
  const began = performance.now();
  await refineByBands(device, sample, sampled, {});
  const seconds = (performance.now() - began) / 1000;
  const estimate = estimateStream(device, picture, { ...options, ...flags });
  // Each pass costs about the same, and a sample's iteration takes four.
  return { ...estimate, seconds: (seconds / 4) * estimate.passes * (height / rows) };
}
