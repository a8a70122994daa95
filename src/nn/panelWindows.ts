import { type Device, slice, type Storage } from "../device/device.ts";

/** Panels of a weight in layout `panels` that one binding can hold. */
export interface PanelWindow {
  readonly first: number;
  readonly count: number;
  /** The window of a weight with panels of `panelBytes`, as a binding. */
  of(storage: Storage): Storage;
}

/**
 * Cuts `panels` of `panelBytes` each into windows of at most `mostBytes`, within what a binding may be: the weights of
 * fc6 are 411 MB, a binding often 128 MiB.
 */
export function* panelWindows(
  { limits }: Device,
  panels: number,
  panelBytes: number,
  mostBytes = limits.bindingBytes,
): Generator<PanelWindow> {
  // A window begins at a multiple of the alignment, a power of two.
  let together = 1;
  while ((together * panelBytes) % limits.alignment !== 0) together *= 2;
  const bytes = Math.min(mostBytes, limits.bindingBytes);
  const most = Math.max(together, Math.floor(bytes / (panelBytes * together)) * together);
  for (let first = 0; first < panels; first += most) {
    const count = Math.min(most, panels - first);
    yield { first, count, of: (storage) => slice(storage, first * panelBytes, count * panelBytes) };
  }
}
