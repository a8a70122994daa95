import type { CrfValues } from "./run.ts";

/** More than a line of this page has pixels for. */
const most = 400;

/** Looks at the CRF, and a newer one. When there are too many, every second one goes, but never the first and the last. */
export function withLook(looks: readonly CrfValues[], look: CrfValues): readonly CrfValues[] {
  const all = [...looks.filter(({ step }) => step < look.step), look];
  return all.length <= most ? all : all.filter((_, index) => index % 2 === 0 || index === all.length - 1);
}
