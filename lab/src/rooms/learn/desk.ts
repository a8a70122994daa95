import { bytesSource } from "crf-rnn/checkpoint";
import {
  type Configuration,
  type CrfConfiguration,
  type Metric,
  openState,
  trainingConfiguration,
} from "crf-rnn/train";
import { commandOf, lacksInit } from "./command.ts";
import { drawnIds, drawPictures } from "./drawn.ts";
import { forgetRun, type KeptFolder, keepFolder, keepRun, type KeptRun, keptFolder, keptRun } from "./kept.ts";
import { readFolder } from "./folder.ts";
import type { CrfValues, FileAt, FolderReport, Picture, Pictures, RunView } from "./run.ts";
import { optionsOf, type Settings, shares, sizes, usualSettings } from "./settings.ts";

/** A run that is open: what is kept of it, and the pictures it learns from. */
export interface OpenRun extends KeptRun {
  readonly pictures: Pictures;
}

/** What lies on the worker's desk while devices come and go: the run, and the reader's pictures. */
export class Desk {
  #run: OpenRun | undefined;
  #folder: KeptFolder | undefined;
  #restored: Promise<void> | undefined;
  /** Whether the reader was told that the browser keeps nothing. */
  #told = false;

  /** The run. @throws Error before there is one */
  get run(): OpenRun {
    if (!this.#run) throw new Error("There is no run yet.");
    return this.#run;
  }

  get folder(): FolderReport | undefined {
    return this.#folder && reportOf(this.#folder, []);
  }

  /** What the browser kept of the last visit, read once. */
  restore(): Promise<void> {
    return (this.#restored ??= this.#restore());
  }

  async #restore(): Promise<void> {
    const [run, folder] = await Promise.all([keptRun(), keptFolder()]);
    this.#folder = folder;
    if (!run) return;
    const pictures = this.#picturesOf(run.settings);
    // The reader's pictures may be others than the run began with.
    const { images } = JSON.parse(run.configuration) as Configuration;
    if (pictures && (await digestOf(pictures.train.map(({ id }) => id))) === images.digest) {
      this.#run = { ...run, pictures };
    }
  }

  /** Whether there is a run. */
  get has(): boolean {
    return this.#run !== undefined;
  }

  /** Begins a run of these settings, with no step done. @throws Error, ValueError for settings that make none */
  async begin(settings: Settings): Promise<void> {
    const pictures = this.#picturesOf(settings);
    if (!pictures) throw new Error("There is no folder of yours yet: choose one, or let the page draw shapes.");
    const init = settings.begin === "learned" ? this.#run?.checkpoint : undefined;
    if (settings.begin === "learned" && !init) {
      throw new Error("Nothing has been learned yet that a run could begin from: begin from nothing first.");
    }
    const options = optionsOf(settings, pictures.classes, pictures.train.map(trainingImage));
    const configuration = await trainingConfiguration({
      ...options,
      init: init && bytesSource(init, "what was learned"),
    });
    const nothing = { step: 0, metrics: [], predictions: [] };
    const crf = configuration.crf ? [beginningOf(configuration.crf, pictures.classes.length)] : [];
    this.#run = { settings, configuration: JSON.stringify(configuration), ...nothing, crf, init, pictures };
    await forgetRun();
  }

  /** What a stretch of training left. `tell` hears, once, of a browser that keeps nothing. */
  async put(run: OpenRun, tell: (sentence: string) => void): Promise<void> {
    this.#run = run;
    const { pictures: _, ...kept } = run;
    await keepRun(kept).catch((error: unknown) => {
      if (!this.#told) {
        tell(
          `The run cannot be kept for your next visit (${(error as Error).message}). Save its checkpoint as a file.`,
        );
      }
      this.#told = true;
    });
  }

  /**
   * Takes a checkpoint's run in place of the one that is here, with the pictures of which it knows the names.
   * @throws FormatError for what is no checkpoint of a run; Error where it learned from pictures that are not here
   */
  async load(bytes: Uint8Array<ArrayBuffer>, name: string, settings: Settings): Promise<void> {
    const { configuration, step } = await openState(bytesSource(bytes, name));
    const found = await this.#settingsOf(configuration, settings);
    if (!found) {
      throw new Error(
        `${name}: its run learned from ${configuration.images.count} pictures that are not here. Shapes are recognized by what this ` +
          `page has drawn; for pictures of yours, choose their folder first, with the size that they had.`,
      );
    }
    const kept = { configuration: JSON.stringify(configuration), step, checkpoint: bytes };
    const nothing: { metrics: Metric[]; crf: []; predictions: [] } = { metrics: [], crf: [], predictions: [] };
    this.#run = { settings: found.settings, pictures: found.pictures, ...nothing, ...kept };
    await this.put(this.#run, () => {});
  }

  /** Reads a folder of the reader's. @throws Error with a sentence where there is nothing in it to learn from */
  async take(name: string, files: readonly FileAt[], size: number): Promise<FolderReport> {
    const { pictures, notes } = await readFolder(name, files, size);
    this.#folder = { name, size, pictures };
    await keepFolder(this.#folder).catch(() => {});
    return reportOf(this.#folder, notes);
  }

  view(): RunView {
    const { settings, step, metrics, crf, predictions, learned, checkpoint, pictures } = this.run;
    const { classes, train, val } = pictures;
    const [command, lacks] = [commandOf(this.run), lacksInit(this.run)];
    const shown = { classes, images: train.length, val: val.slice(0, shownPictures), command, lacksInit: lacks };
    return { settings, step, metrics, crf, predictions, learned, bytes: checkpoint?.length ?? 0, ...shown };
  }

  #picturesOf(settings: Settings): Pictures | undefined {
    return settings.source === "shapes" ? drawPictures(settings) : this.#folder?.pictures;
  }

  /** The settings with which a run of this configuration would have begun here, and its pictures. */
  async #settingsOf(configuration: Configuration, now: Settings) {
    const settings = { ...now, ...settingsFrom(configuration) };
    const { count, digest } = configuration.images;
    const folder = this.#folder;
    if (folder && folder.pictures.train.length === count) {
      const ids = folder.pictures.train.map(({ id }) => id);
      if ((await digestOf(ids)) === digest) {
        return { settings: { ...settings, source: "folder" as const }, pictures: folder.pictures };
      }
    }
    for (const size of sizes) {
      const drawing = { ...settings, source: "shapes" as const, size, pictures: count };
      if ((await digestOf(drawnIds(drawing))) === digest) {
        return { settings: drawing, pictures: drawPictures(drawing) };
      }
    }
    return undefined;
  }
}

/** How a CRF begins: weights on the diagonal, Potts' compatibility. A checkpoint that it begins from is read at the first step. */
function beginningOf({ weights, bandwidths }: CrfConfiguration, classes: number): CrfValues {
  const diagonal = (value: number): Float32Array<ArrayBuffer> =>
    Float32Array.from({ length: classes ** 2 }, (_, at) => (at % (classes + 1) === 0 ? value : 0));
  return {
    step: 0,
    spatialWeight: diagonal(weights.spatial),
    bilateralWeight: diagonal(weights.bilateral),
    compatibility: diagonal(-1),
    bandwidths: Float32Array.from(bandwidths),
  };
}

/** As many rows as the page has. */
export const shownPictures = 5;

/** A picture as the package takes it. */
export const trainingImage = ({ id, height, width, rgb, labels }: Picture) => ({
  id,
  image: { height, width, values: Float32Array.from(rgb) },
  labels,
});

/** The digest by which a run recognizes its pictures, made of their names alone. */
async function digestOf(ids: readonly string[]): Promise<string> {
  const pixel = { image: { height: 1, width: 1, values: new Float32Array(3) }, labels: new Uint8Array(1) };
  const options = { classes: ["any"], images: ids.map((id) => ({ id, ...pixel })) };
  return (await trainingConfiguration(options)).images.digest;
}

/** Settings as a configuration has them. */
function settingsFrom({ stage, network, crf, optimizer, batch, seed, beginning }: Configuration): Partial<Settings> {
  const share = shares.find((one) => network && network.fc === Math.max(4, 4 * Math.round(4096 / one / 4)));
  return {
    stage,
    rate: optimizer.rate,
    batch,
    seed,
    begin: beginning === "none" ? "nothing" : "learned",
    ...(network && { dropout: network.dropout, share: share ?? usualSettings.share }),
    ...(crf && {
      iterations: crf.iterations,
      alpha: crf.bandwidths[0],
      beta: crf.bandwidths[1],
      gamma: crf.bandwidths[2],
      spatial: crf.weights.spatial,
      bilateral: crf.weights.bilateral,
      network: crf.network,
      ...crf.learn,
    }),
  };
}

const reportOf = ({ name, pictures }: KeptFolder, notes: readonly string[]): FolderReport => ({
  name,
  classes: pictures.classes,
  train: pictures.train.length,
  val: pictures.val.length,
  notes,
});
