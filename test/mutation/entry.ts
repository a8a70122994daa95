/** Entry of the bundle with the mutants: every case, and the device that they run on. */
export { suites } from "virtual:suites";
export { open } from "../../src/device/open.ts";
export { listCases, runCase } from "../hosts/runner.ts";
