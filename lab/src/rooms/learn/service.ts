import type { Device, Tensor } from "crf-rnn";
import { bytesSource } from "crf-rnn/checkpoint";
import {
  checkpointFile,
  type Configuration,
  memorySurroundings,
  type Metric,
  readPredictions,
  runTraining,
  samplesFile,
  type StepMetric,
} from "crf-rnn/train";
import { moved } from "../../engine/moved.ts";
import { archiveOf } from "./archive.ts";
import { type Desk, type OpenRun, shownPictures, trainingImage } from "./desk.ts";
import { withLook } from "./looks.ts";
import type { CrfValues, Event, FileAt, FolderReport, Predicted, RunView } from "./run.ts";
import type { Settings } from "./settings.ts";

/** Steps between validations, and between checkpoints that are kept. */
const [validateEvery, saveEvery] = [20, 200];
/** Longer than anybody watches. */
const endless = 1_000_000;
/** How often the page hears of steps, in milliseconds. */
const pace = 100;
const crfNames = ["spatialWeight", "bilateralWeight", "compatibility", "bandwidths"] as const;

/** What the page asks of the worker. One thing is done after the other; `pause` and `train` meet in the middle. */
export class LearnService implements AsyncDisposable {
  readonly #device: Device;
  readonly #desk: Desk;
  #stop: AbortController | undefined;
  #training: Promise<void> | undefined;

  constructor(device: Device, desk: Desk) {
    this.#device = device;
    this.#desk = desk;
  }

  /** The run that the browser has kept, or one of these settings with no step done; and the reader's folder. */
  open = async (settings: Settings): Promise<{ readonly run: RunView; readonly folder?: FolderReport }> => {
    const desk = this.#desk;
    await desk.restore();
    if (!desk.has) {
      const drawn =
        settings.source === "folder" && !desk.folder ? { ...settings, source: "shapes" as const } : settings;
      await desk.begin({ ...drawn, begin: "nothing" });
    }
    return { run: desk.view(), folder: desk.folder };
  };

  /** Begins a run of these settings, with no step done. */
  begin = async (settings: Settings): Promise<RunView> => {
    await this.pause();
    await this.#desk.begin(settings);
    return this.#desk.view();
  };

  view = (): RunView => this.#desk.view();

  /** Trains until it is paused, or for so many steps; `tell` hears what happens. Resolves to the run as it then is. */
  train = async (steps: number | undefined, tell: (event: Event) => void): Promise<RunView> => {
    await this.pause();
    const stop = (this.#stop = new AbortController());
    this.#training = this.#train(steps, tell, stop.signal);
    try {
      await this.#training;
    } catch (error) {
      throw inPage(error, this.#desk.run.step);
    } finally {
      if (this.#stop === stop) this.#stop = this.#training = undefined;
    }
    return this.#desk.view();
  };

  /** Stops after the step that is under way. Resolves when that is done, and kept. */
  pause = async (): Promise<void> => {
    this.#stop?.abort();
    await this.#training?.catch(() => {});
  };

  /** The bytes of the run's checkpoint, which every command reads. */
  checkpoint = (): Uint8Array<ArrayBuffer> => {
    const { checkpoint } = this.#desk.run;
    if (!checkpoint) throw new Error("There is no checkpoint before the first step.");
    return checkpoint;
  };

  /** The run, its pictures and the command that goes on with it, in a ZIP. */
  archive = async (): Promise<Uint8Array<ArrayBuffer>> => moved(await archiveOf(this.#desk.run));

  load = async (bytes: Uint8Array<ArrayBuffer>, name: string, settings: Settings): Promise<RunView> => {
    await this.pause();
    await this.#desk.load(bytes, name, settings);
    return this.#desk.view();
  };

  take = (name: string, files: readonly FileAt[], size: number): Promise<FolderReport> =>
    this.#desk.take(name, files, size);

  /** Another device is chosen: what was learned is kept first. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.pause();
  }

  async #train(steps: number | undefined, tell: (event: Event) => void, stop: AbortSignal): Promise<void> {
    const begun = this.#desk.run;
    const until = steps === undefined ? endless : begun.step + steps;
    const diary = new Diary(begun, tell);
    const surroundings = memorySurroundings({
      train: begun.pictures.train.map(trainingImage),
      val: begun.pictures.val.map(trainingImage),
      stop,
      onMetric: async (metric) => {
        const predictions = metric.event === "validation" ? surroundings.files.get(samplesFile) : undefined;
        await diary.hear(metric, predictions);
        await turn();
      },
      onParameters: (parameters, step) => diary.look(parameters, step),
      onSave: async (name, bytes) => {
        if (name === checkpointFile)
          await this.#desk.put(diary.run(bytes), (sentence) => tell({ kind: "warning", sentence }));
      },
    });
    const configuration = JSON.parse(begun.configuration) as Configuration;
    const { checkpoint, init } = begun;
    const beginning = checkpoint
      ? { resume: bytesSource(checkpoint, "the run's checkpoint") }
      : { init: init && bytesSource(init, "what was learned") };
    const timetable = { steps: until, validateEvery, saveEvery };
    const { learned } = await runTraining(this.#device, configuration, timetable, surroundings, beginning);
    await this.#desk.put({ ...this.#desk.run, learned }, (sentence) => tell({ kind: "warning", sentence }));
    diary.flush();
  }
}

/** The package's remedies name flags of the command line; here are other things to do. */
function inPage(error: unknown, step: number): unknown {
  const { where, expected, got } = error as {
    readonly where?: string;
    readonly expected?: string;
    readonly got?: string;
  };
  if (!where || !expected || !got || !/^(step|validation)/.test(where)) return error;
  const stands = step === 0 ? "Nothing was kept yet" : `The run stands at step ${step}, where it was last kept`;
  return new Error(`${where}: expected ${expected}, got ${got}. ${stands}; lower the learning rate and begin anew.`);
}

/** Lets messages of the page come in between two steps. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}

/** Writes down what happens in a stretch of a run, and tells the page now and then. */
class Diary {
  readonly #begun: OpenRun;
  readonly #tell: (event: Event) => void;
  readonly #metrics: Metric[];
  #crf: readonly CrfValues[];
  #predictions: readonly Predicted[];
  #step: number;
  #untold: StepMetric[] = [];
  #told = 0;
  #latest: CrfValues | undefined;

  constructor(begun: OpenRun, tell: (event: Event) => void) {
    this.#begun = begun;
    this.#tell = tell;
    this.#metrics = [...begun.metrics];
    this.#crf = begun.crf;
    this.#predictions = begun.predictions;
    this.#step = begun.step;
  }

  async hear(metric: Metric, samples: Uint8Array<ArrayBuffer> | undefined): Promise<void> {
    this.#metrics.push(metric);
    if (metric.event === "step") {
      this.#step = metric.step;
      this.#untold.push(metric);
    }
    if (metric.event === "validation" && samples) {
      this.flush();
      const predictions = (await readPredictions(bytesSource(samples, samplesFile))).slice(0, shownPictures);
      this.#predictions = predictions;
      this.#tell({ kind: "validation", metric, predictions });
    }
  }

  /** Reads what the CRF has learned, at the beginning and whenever it is time that the page hears of it; then tells the page. */
  async look(parameters: Readonly<Record<string, Tensor>>, step: number): Promise<void> {
    const begins = this.#crf.length === 0;
    if (!begins && performance.now() - this.#told < pace) return;
    if (parameters.compatibility) {
      const values = await Promise.all(crfNames.map((name) => parameters[name]!.read()));
      const read = Object.fromEntries(crfNames.map((name, at) => [name, Float32Array.from(values[at]!)]));
      this.#latest = { step, ...(read as unknown as Omit<CrfValues, "step">) };
      this.#crf = withLook(this.#crf, this.#latest);
    }
    this.flush();
  }

  flush(): void {
    this.#told = performance.now();
    if (this.#untold.length === 0 && !this.#latest) return;
    this.#tell({ kind: "steps", metrics: this.#untold, crf: this.#latest });
    this.#untold = [];
    this.#latest = undefined;
  }

  /** The run as it is now, with the checkpoint that was just saved. */
  run(checkpoint: Uint8Array<ArrayBuffer>): OpenRun {
    const { settings, configuration, init, pictures, learned } = this.#begun;
    const now = { step: this.#step, metrics: [...this.#metrics], crf: this.#crf, predictions: this.#predictions };
    return { settings, configuration, init, pictures, learned, ...now, checkpoint };
  }
}
