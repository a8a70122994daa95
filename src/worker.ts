/**
 * Makes a worker compute for `open({ worker })`. It is the whole of a worker's module, or imported by it for its effect:
 * where a page's policy forbids workers of `blob:`, or a worker has more to do. Such as
 * `new Worker(new URL("./worker.js", import.meta.url), { type: "module" })`, where worker.js is `import "crf-rnn/worker"`.
 *
 * @module
 */
import { serve } from "./device/serve.ts";

serve();
