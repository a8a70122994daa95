import { gradientCases } from "./gradients.ts";

/** The repository's own subset, on every host; gradients.test.ts runs all of them where they are. */
export const cases = gradientCases("fixtures/goldens");
