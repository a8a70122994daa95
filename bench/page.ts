/** Entry of dist/bench.js, the bundle that a page loads for `crf-rnn bench --host chromium`. */
export { runBench } from "./run.ts";
export { makeScene } from "./scene.ts";
