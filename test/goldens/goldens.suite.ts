import { goldenCases } from "./goldens.ts";

/** The repository's own subset, on every host; goldens.test.ts runs all of them where they are. */
export const cases = goldenCases("fixtures/goldens");
