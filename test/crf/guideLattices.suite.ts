/** How often a call waits for the device and what it sends there, and that it goes by bandwidths that anybody may change. */
import { crfRnn } from "../../src/crf/crfRnn.ts";
import { GuideLattices } from "../../src/crf/guideLattices.ts";
import type { Device } from "../../src/device/device.ts";
import { readTogether } from "../../src/device/readTogether.ts";
import { ValueError } from "../../src/errors.ts";
import { refine } from "../../src/pictures/refine.ts";
import type { Scope } from "../../src/scope.ts";
import { Tape } from "../../src/tape.ts";
import { embeddings } from "../lattice/tables.ts";
import { type Case, check, random, rejects, same } from "../suite.ts";

const [height, width, classes] = [9, 12, 5];

function given(scope: Scope) {
  const unary = scope.tensor([height, width, classes], random(1).array(height * width * classes, -2, 2));
  // As smooth as a photograph: of noise, whose every pixel has vertices of its own, the first table would be too small.
  const colors = Array.from({ length: height * width * 3 }, (_, i) => 100 + 20 * Math.sin(Math.floor(i / 3) / 9));
  const guide = scope.tensor([height, width, 3], colors);
  return { unary, guide };
}

const call = { iterations: 2, bilateral: { position: 5, color: 30 }, spatial: { position: 2 } };
const options = { ...call, classes };

/** Lets `method` of an object count its calls, until it is disposed of. */
function counting<Name extends string>(object: object, method: Name): Disposable & { calls: number } {
  const own = object as Record<Name, (...args: unknown[]) => unknown>;
  const called = own[method];
  const counter = {
    calls: 0,
    // What was found on the prototype is found there again.
    [Symbol.dispose]: () => Reflect.deleteProperty(object, method),
  };
  own[method] = (...args: unknown[]) => {
    counter.calls++;
    return called.apply(object, args);
  };
  return counter;
}

/** How often `work` waits for the device. */
async function waits(device: Device, work: () => Promise<unknown>): Promise<number> {
  using reads = counting(device, "read");
  using finishes = counting(device, "finish");
  await work();
  return reads.calls + finishes.calls;
}

/** WASM, whose memory is the host's, is asked how far the features of each lattice reach that is begun. */
const asked = ({ kind }: Device, lattices: number): number => (kind === "wasm" ? lattices : 0);

export const cases: Case[] = [
  {
    name: "an inference waits for the device once, and its result is the second time",
    async run(device) {
      using scope = device.scope();
      const { unary, guide } = given(scope);
      const crf = scope.add(crfRnn(device, options));
      const infer = async (): Promise<void> => void (await scope.add(await crf(unary, guide)).read());
      // The spatial lattice is kept from the first call on.
      for (const [which, lattices] of [
        ["the first call", 2],
        ["the second call", 1],
      ] as const) {
        const count = await waits(device, infer);
        check(count === 2 + asked(device, lattices), `${which} waits ${count} times`);
      }
      using lattices = await crf.lattices(guide);
      const kept = await waits(device, async () => (await crf(unary, lattices)).dispose());
      check(kept === 1, `with lattices that are kept a call waits ${kept} times`);
      const whole = await waits(device, () => refine(device, guide, unary, { ...call, warnings: false }));
      check(whole === 2 + asked(device, 2), `refine waits ${whole} times for labels and confidence`);
    },
  },
  {
    name: "on WebGPU an inference submits twice, before each time it waits, and makes no buffer once it has run",
    async run(device) {
      const { gpu } = device;
      if (!gpu) {
        check(device.kind === "wasm", "only WASM has no GPUDevice");
        return;
      }
      using scope = device.scope();
      const { unary, guide } = given(scope);
      const crf = scope.add(crfRnn(device, options));
      const infer = async (): Promise<void> => {
        using logits = await crf(unary, guide);
        await logits.read();
      };
      // The spatial lattice is kept from the first call on, and the second takes what the first gave back.
      await infer();
      await infer();
      using submissions = counting(gpu.queue, "submit");
      using writes = counting(gpu.queue, "writeBuffer");
      using buffers = counting(gpu, "createBuffer");
      await infer();
      check(submissions.calls === 2, `${submissions.calls} submissions`);
      // The numbers of the batch, once each, and what a suspicion looks at where somebody listens.
      check(writes.calls <= 5, `${writes.calls} writes`);
      // What is read is mapped, and such a buffer may be kept or not.
      check(buffers.calls <= 2, `${buffers.calls} buffers`);
    },
  },
  {
    name: "bandwidths that somebody has written are those of the next call, whoever wrote them",
    async run(device) {
      using scope = device.scope();
      const { unary, guide } = given(scope);
      const crf = scope.add(crfRnn(device, options));
      const { bandwidths } = crf.parameters;
      const read = async (layer = crf): Promise<Float32Array> => await scope.add(await layer(unary, guide)).read();
      const first = await read();
      const written = [4, 50, 3] as const;
      const other = scope.add(
        crfRnn(device, {
          ...options,
          bilateral: { position: written[0], color: written[1] },
          spatial: { position: written[2] },
        }),
      );
      const expected = await read(other);
      const values = scope.tensor([3], written);
      // By kernels or copies nobody hears of it.
      for (const write of [() => bandwidths.write(written), () => device.copy(values.storage, bandwidths.storage)]) {
        write();
        const count = await waits(device, async () => same(await read(), expected, "what was written"));
        check(count === 3 + asked(device, 3), `lattices are begun again: ${count} times waited`);
        check((await waits(device, read)) === 2 + asked(device, 1), "and once more it is known");
        bandwidths.write([5, 30, 2]);
        same(await read(), first, "and back");
      }
      bandwidths.write(written);
      using lattices = await crf.lattices(guide);
      same(await scope.add(await crf(unary, lattices)).read(), expected, "lattices by themselves");
      for (const wrong of [0, -1, NaN]) {
        bandwidths.write([4, wrong, 3]);
        await rejects(() => crf(unary, guide), ValueError);
        await rejects(() => crf.lattices(guide), ValueError);
        bandwidths.write(written);
        same(await read(), expected, `after ${wrong}`);
      }
    },
  },
  {
    name: "bandwidths are begun with once where they are learned, and told in pixels",
    async run(device) {
      using scope = device.scope();
      const { unary, guide } = given(scope);
      const crf = scope.add(crfRnn(device, { ...options, learn: { bandwidths: true } }));
      const { bandwidths } = crf.parameters;
      bandwidths.write([4, 50, 3]);
      using tape = new Tape([bandwidths]);
      let embedded = 0;
      using _watch = device.observe({ before: ({ kernel }) => void (embedded += Number(embeddings.includes(kernel))) });
      await crf(unary, guide);
      check(embedded === 2 && tape.recording, `${embedded} sets of points were embedded`);
      const relative = { values: [50, 20, 25], relative: [true, false, true] };
      const lattices = new GuideLattices(scope.tensor([3], relative.values), relative, {});
      using begun = await lattices.begin(scope.tensor([16, 9, 3]), {}, false);
      same(begun.bandwidths([Float32Array.from(relative.values).buffer]), [8, 20, 4], "of a picture 16 pixels high");
    },
  },
  {
    name: "what is read together is what is read one by one",
    async run(device) {
      using scope = device.scope();
      const tensors = [1, 4, 100].map((count) => scope.tensor([count], random(count).array(count)));
      const together = await readTogether(
        device,
        tensors.map(({ storage }) => storage),
      );
      for (const [i, { storage }] of tensors.entries()) {
        same(new Uint32Array(together[i]!), new Uint32Array(await device.read(storage)), `${storage.bytes} bytes`);
      }
    },
  },
];
