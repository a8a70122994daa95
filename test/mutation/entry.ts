/** Entry of the bundle with the mutants: every case, the device that they run on, and the tests of vitest. */
import "virtual:tests";
export { suites } from "virtual:suites";
export { open } from "../../src/device/open.ts";
export { listCases, runCase } from "../hosts/runner.ts";
export { tests } from "./vitest.ts";
