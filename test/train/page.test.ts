import { beforeAll, describe, expect, test } from "vitest";
import { runInPage } from "../../src/cli/chromium.ts";
import { tensorBytes } from "./tensorBytes.ts";
import { root } from "../hosts/folders.ts";

/** What a program tells of a run in memory. */
interface Told {
  readonly variant: string;
  readonly steps: number;
  /** The bytes of its checkpoint. */
  readonly checkpoint: readonly number[];
}

/** A user's program: a run of a CRF-RNN, with all that is drawn by chance, on the default device or by the plain build. */
const PROGRAM = `async (library, training, simd) => {
  const train = Array.from({ length: 4 }, (_, index) => training.drawShapes(7, index, 24));
  const options = {
    classes: training.shapeClasses.map(({ name }) => name),
    images: train,
    stage: "crf-rnn",
    width: 1 / 64,
    steps: 3,
    batch: 2,
    seed: 5,
    augmentation: { flip: true, scale: 1.2, rotation: 10, shear: 3, shift: 0.1, color: 0.2 },
    schedule: { kind: "poly", power: 0.9 },
    crf: { iterations: 2, learn: { bandwidths: true } },
  };
  const device = await library.open({ prefer: "wasm", threads: 1, simd });
  const surroundings = training.memorySurroundings({ train, val: [training.drawShapes(7, 4, 24)] });
  const configuration = await training.trainingConfiguration(options);
  await training.runTraining(device, configuration, training.trainingTimetable(options), surroundings);
  const { variant } = device.info;
  device.dispose();
  const steps = surroundings.metrics.filter(({ event }) => event === "step").length;
  return { variant, steps, checkpoint: [...surroundings.files.get(training.checkpointFile)] };
}`;

/** The program in a page of Chromium: by itself, and in a module worker. */
const SCRIPT = `(async () => {
  const at = (name) => new URL("./bundle/" + name, location.href).href;
  const run = ${PROGRAM};
  await report({ page: await run(await import(at("index.js")), await import(at("train.js")), "plain") });
  const source = \`
    import * as library from "\${at("index.js")}";
    import * as training from "\${at("train.js")}";
    (\${run})(library, training, "plain").then((told) => postMessage(told));\`;
  const worker = new Worker(URL.createObjectURL(new Blob([source], { type: "text/javascript" })), { type: "module" });
  await report({ worker: await new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message || "the worker did not load"));
  }) });
})()`;

describe("a run in memory, by the plain build of WebAssembly", () => {
  let here: Told;
  const there: Record<string, Told> = {};
  beforeAll(async () => {
    const [library, training] = [
      (await import(`${root}dist/index.js`)) as object,
      (await import(`${root}dist/train.js`)) as object,
    ];
    const run = new Function(`return ${PROGRAM}`)() as (
      library: object,
      training: object,
      simd: string,
    ) => Promise<Told>;
    here = await run(library, training, "plain");
    await runInPage({
      places: { bundle: `${root}dist` },
      isolated: false,
      software: false,
      script: SCRIPT,
      report: (told: Record<string, Told>) => void Object.assign(there, told),
      silence: 120_000,
    });
  });

  test.each(["page", "worker"])("gives the bytes of Node in a %s", (place) => {
    expect(here).toMatchObject({ variant: "plain", steps: 3 });
    expect({ ...there[place], checkpoint: [] }).toEqual({ ...here, checkpoint: [] });
    const [own, other] = [here, there[place]!].map(({ checkpoint }) => tensorBytes(Uint8Array.from(checkpoint)));
    const differing = own!.filter((byte, i) => byte !== other![i]).length;
    expect([differing, other!.length]).toEqual([0, own!.length]);
    expect(own!.length).toBeGreaterThan(1000);
  });
});
