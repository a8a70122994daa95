import type { Device } from "crf-rnn";
import {
  type BenchFacts,
  benchFacts,
  type CompositeResult,
  describeFacts,
  isSelected,
  type KernelResult,
  makeScene,
  names,
  parseTimes,
  runBench,
  type Times,
} from "crf-rnn/bench";
import { hostOf } from "./host.ts";
import { type Machine, readMachine } from "./machine.ts";

/** What is measured, and for how long. */
export interface Wish {
  /** A regular expression that names of lines match. */
  readonly only: string;
  /** Of each line. */
  readonly seconds: number;
  readonly width: number;
  readonly height: number;
}

export type Line = KernelResult | CompositeResult;

/** What happens: a line begins, or has been measured. */
export type Event = { readonly begins: string } | { readonly line: Line };

/** A file for `crf-rnn bench --compare`, with the machine that it is of. */
export type Figures = BenchFacts & { readonly machine?: Machine };

/** Figures of another run: the times of its lines, and what else its file tells. */
export interface Others {
  readonly times: Times;
  readonly image?: BenchFacts["image"];
}

/** Measures on the device that is open, and reads and writes what was measured. */
export class MeasureService implements Disposable {
  readonly #device: Device;
  #enough: AbortController | undefined;
  #closed = new AbortController();
  #running: Promise<unknown> = Promise.resolve();

  constructor(device: Device) {
    this.#device = device;
  }

  machine = readMachine;

  /** The names of all lines, in their order. */
  names = (): readonly string[] => names;

  /** Measures, and tells what happens; ends with what there is when it is stopped. @throws FormatError, ValueError, AbortError */
  measure = async ({ only, seconds, ...size }: Wish, tell: (event: Event) => void): Promise<Figures> => {
    this.stop();
    await this.#running;
    const { signal: enough } = (this.#enough = new AbortController());
    const scene = makeScene(undefined, size);
    const options = {
      device: this.#device,
      only,
      seconds,
      enough,
      signal: this.#closed.signal,
      onLine: (line: Line) => tell({ line }),
    };
    const running = runBench(scene, options, (name) => tell({ begins: name }));
    this.#running = running.catch(() => {});
    const result = await running;
    const machine = await readMachine();
    return { ...benchFacts(result, scene, hostOf(machine.browser)), machine };
  };

  /** Ends the measuring that is under way, with what was measured. */
  stop = (): void => this.#enough?.abort();

  /** How many lines are asked for. @throws SyntaxError */
  count = (only: string): number => names.filter((name) => isSelected(name, only)).length;

  /** @throws FormatError for what is no file of measurements */
  read = (bytes: Uint8Array, name: string): Others => {
    const times = parseTimes(bytes, name);
    const { image } = JSON.parse(new TextDecoder().decode(bytes)) as Partial<BenchFacts>;
    return { times, image };
  };

  /** As the text that `crf-rnn bench` prints, in Markdown. */
  markdown = (figures: Figures): string => describeFacts(figures, "markdown");

  [Symbol.dispose](): void {
    this.#closed.abort();
  }
}
