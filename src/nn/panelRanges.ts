import { type Device, type Storage, view } from "../device/device.ts";

/** Consecutive panels of a weight in layout `panels` that one binding can hold. */
export interface PanelRange {
  readonly first: number;
  readonly count: number;
  /** Binds this range of the panels of `storage`. */
  of(storage: Storage): Storage;
}

/**
 * Cuts `panels` panels of `panelBytes` each into ranges of at most `mostBytes` that fit a binding. The weights of fc6
 * have 411 MB, and a binding often holds 128 MiB.
 */
export function* panelRanges(
  { limits }: Device,
  panels: number,
  panelBytes: number,
  mostBytes = limits.bindingBytes,
): Generator<PanelRange> {
  // Each range must begin at a multiple of the alignment, which is a power of two.
  let together = 1;
  while ((together * panelBytes) % limits.alignment !== 0) together *= 2;
  const bytes = Math.min(mostBytes, limits.bindingBytes);
  const most = Math.max(together, Math.floor(bytes / (panelBytes * together)) * together);
  for (let first = 0; first < panels; first += most) {
    const count = Math.min(most, panels - first);
    yield { first, count, of: (storage) => view(storage, first * panelBytes, count * panelBytes) };
  }
}

/**
 * Cuts panels that take `operations` in all into ranges that take no longer than one dispatch may; one range, mostly. A panel is
 * never cut.
 */
export function* shortRanges(
  device: Device,
  operations: number,
  panels: number,
  panelBytes: number,
): Generator<PanelRange> {
  const { limits } = device;
  if (operations <= limits.operations) {
    yield { first: 0, count: panels, of: (storage) => storage };
    return;
  }
  const most = Math.max(1, Math.floor((limits.operations / operations) * panels));
  // Ranges of about the same length, so that the last gives a GPU enough to do, too.
  const even = Math.ceil(panels / Math.ceil(panels / most));
  yield* panelRanges(device, panels, panelBytes, even * panelBytes);
}
