import { argumentOffset, spins, type Thread, Word } from "./control.ts";
import { listen, parentOf } from "./port.ts";

/** Runs in a worker: becomes a thread of a machine, for good. The build makes a string of it for workers to start with. */
export function becomeThread(): void {
  const port = parentOf()!;
  listen(port, (message) => work(message as Thread, () => port.postMessage("ready", [])));
}

/** Never returns. */
export function work({ module, memory, control, kernels, scratch }: Thread, ready: () => void): void {
  const words = new Int32Array(memory.buffer, control, 16);
  const values = new Float64Array(memory.buffer, control + argumentOffset, 56);
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  (exports.setScratch as (address: number) => void)(scratch);
  let epoch = 0;
  ready();
  for (;;) {
    let spin = 0;
    while (spin < spins && Atomics.load(words, Word.epoch) === epoch) spin++;
    if (spin === spins) Atomics.wait(words, Word.epoch, epoch);
    epoch = Atomics.load(words, Word.epoch);
    Atomics.add(words, Word.active, 1);
    if (Atomics.load(words, Word.open) === 1) {
      try {
        const kernel = exports[kernels[words[Word.kernel]!]!] as (...args: number[]) => void;
        const args: number[] = [];
        for (let i = 0; i < words[Word.argumentCount]!; i++) args.push(values[i]!);
        const count = words[Word.count]!;
        const chunk = words[Word.chunk]!;
        for (let begin; (begin = Atomics.add(words, Word.next, chunk)) < count;) {
          kernel(...args, begin, Math.min(begin + chunk, count));
          Atomics.add(words, Word.done, 1);
        }
      } catch {
        Atomics.store(words, Word.failed, 1);
      }
    }
    Atomics.sub(words, Word.active, 1);
    Atomics.notify(words, Word.active);
  }
}
