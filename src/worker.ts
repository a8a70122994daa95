/**
 * Makes a worker compute for `open({ worker })`. It is the whole of a worker's module, or imported by it for its effect:
 * where a page's policy forbids workers of `blob:`, or a worker has more to do.
 * @example new Worker(new URL("crf-rnn/worker", import.meta.url), { type: "module" });
 */
import { serve } from "./device/serve.ts";

serve();
