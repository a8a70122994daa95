import { computed } from "@preact/signals";
import { footprint } from "../state.ts";

/** The largest share of any pixel but the chosen one, by the lattice or exactly: what is drawn at full strength. */
export const brightest = computed(() => {
  const now = footprint.value;
  if (!now) return 1;
  let most = 1e-12;
  for (let pixel = 0; pixel < now.shares.length; pixel++) {
    if (pixel !== now.pixel) most = Math.max(most, now.shares[pixel]!, now.exact[pixel]!);
  }
  return most;
});

/** What both footprints have in common, and how many pixels each is spread over. */
export const comparison = computed(() => {
  const now = footprint.value;
  if (!now) return undefined;
  let [common, squares, exactSquares] = [0, 0, 0];
  now.shares.forEach((share, pixel) => {
    const exact = now.exact[pixel]!;
    common += Math.min(share, exact);
    squares += share * share;
    exactSquares += exact * exact;
  });
  return { common, pixels: 1 / squares, exactPixels: 1 / exactSquares };
});
