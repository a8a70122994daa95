import { findSegment, isFrame, markersOf } from "./jpegMarkers.ts";

/** Start of a scan, and the segments of JFIF and of Adobe. */
const [sos, app0, app14] = [0xda, 0xe0, 0xee];

/**
 * Files without what libjpeg warns of, where the warning is of something that it does without: bytes that belong to nothing, and
 * values that it does not use. Each lacks it in one of the places where it may be. None where the warning is of pixels that are
 * missing or damaged, for which libjpeg makes some up.
 */
export function* mendings(bytes: Uint8Array, warning: string): Generator<Uint8Array> {
  const extraneous = /(\d+) extraneous bytes before marker 0x([0-9a-f]{2})/.exec(warning);
  if (extraneous) {
    yield* shortened(bytes, Number(extraneous[1]), parseInt(extraneous[2]!, 16));
  } else if (warning.includes("Invalid SOS parameters for sequential JPEG")) {
    yield* changed(bytes, sos, ({ length }) => [length - 3, 0, 63, 0]);
  } else if (warning.includes("unknown JFIF revision")) {
    yield* changed(bytes, app0, () => [5, 1]);
  } else if (warning.includes("Unknown Adobe color transform code")) {
    // libjpeg takes this for the usual transform: YCCK for four components, else YCbCr.
    const components = findSegment(bytes, isFrame)?.body[5];
    yield* changed(bytes, app14, () => [11, components === 4 ? 2 : 1]);
  }
}

/** The file without `count` bytes before a marker of one kind, for each that follows so many which are no part of a segment. */
function* shortened(bytes: Uint8Array, count: number, code: number): Generator<Uint8Array> {
  let end = 2;
  for (const marker of markersOf(bytes)) {
    const from = marker.start - count;
    if (marker.code === code && from >= end) {
      const mended = new Uint8Array(bytes.length - count);
      mended.set(bytes.subarray(0, from));
      mended.set(bytes.subarray(marker.start), from);
      yield mended;
    }
    end = marker.offset + marker.body.length;
  }
}

/** The file with some bytes of each segment of one kind changed: where in the segment, and what stands there then. */
function* changed(
  bytes: Uint8Array,
  code: number,
  change: (body: Uint8Array) => [at: number, ...values: number[]],
): Generator<Uint8Array> {
  const mended = bytes.slice();
  for (const marker of markersOf(bytes)) {
    if (marker.code !== code) continue;
    const [at, ...values] = change(marker.body);
    if (at >= 0 && at + values.length <= marker.body.length) mended.set(values, marker.offset + at);
  }
  yield mended;
}
