/** Entry of the bundle that every host loads; `virtual:suites` is the generated list of all suite files (bundle.ts). */
export { suites } from "virtual:suites";
export { listCases, runSuites } from "./runner.ts";
