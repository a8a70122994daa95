import { halvesNarrow, halvesWiden } from "../../build/kernels.ts";
import type { Device, Storage } from "../device/device.ts";
import type { Workspace } from "../device/workspace.ts";
import { quadBytes, quadsOf } from "../shape.ts";
import type { MapSize } from "./mapSize.ts";

/** A map, or rows of it, in memory that holds `skip` quads before it. */
interface StoredMap extends MapSize {
  readonly storage: Storage;
  readonly skip: number;
}

/**
 * Bytes of a band of rows in single precision, in which maps that are stored as halves are computed: as much as stays in the
 * caches of a processor, or gives a GPU enough to do.
 */
export const bandBytes = ({ info }: Device): number => (info.hardware ? 2 ** 24 : 2 ** 22);

const quadsOfMap = ({ images, height, width, channels }: MapSize): number =>
  images * height * width * quadsOf(channels);

/** The same map in single precision, with memory of the workspace and undefined contents. */
export function wide<Map extends StoredMap>(workspace: Workspace, map: Map): Map {
  return { ...map, storage: workspace.allocate(quadsOfMap(map) * quadBytes), skip: 0, halves: false };
}

/** Queues the widening of a map that is stored as halves. */
export function widen(device: Device, map: StoredMap, result: Storage): void {
  device.run(halvesWiden, { values: map.storage, valueSkip: map.skip, result, quads: quadsOfMap(map) });
}

/** Queues the rounding of a map to one that is stored as halves. */
export function narrow(device: Device, values: Storage, map: StoredMap): void {
  device.run(halvesNarrow, { values, result: map.storage, resultSkip: map.skip, quads: quadsOfMap(map) });
}
