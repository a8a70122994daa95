import type { Metric, StepMetric } from "crf-rnn/train";
import type { Settings } from "./settings.ts";

/** A picture as it is looked at. */
export interface Picture {
  readonly id: string;
  readonly height: number;
  readonly width: number;
  /** Red, green, blue, 0…255. */
  readonly rgb: Uint8Array<ArrayBuffer>;
  /** 255: ignored. */
  readonly labels: Uint8Array<ArrayBuffer>;
}

/** Pictures to learn from and to validate by. */
export interface Pictures {
  readonly classes: readonly string[];
  readonly train: readonly Picture[];
  readonly val: readonly Picture[];
}

/** What the CRF has learned at some step: the matrices of its (first) iteration `[L·L]`, and θα, θβ, θγ. */
export interface CrfValues {
  readonly step: number;
  readonly spatialWeight: Float32Array<ArrayBuffer>;
  readonly bilateralWeight: Float32Array<ArrayBuffer>;
  readonly compatibility: Float32Array<ArrayBuffer>;
  readonly bandwidths: Float32Array<ArrayBuffer>;
}

/** The labels of the first pictures that a run is validated by. */
export interface Predicted {
  readonly network: Uint8Array<ArrayBuffer>;
  readonly crf?: Uint8Array<ArrayBuffer>;
}

/** A run as the page shows it. */
export interface RunView {
  readonly settings: Settings;
  readonly classes: readonly string[];
  /** Steps done. */
  readonly step: number;
  /** How many pictures there are to learn from. */
  readonly images: number;
  readonly val: readonly Picture[];
  readonly metrics: readonly Metric[];
  /** From the beginning on; empty where there is no CRF. */
  readonly crf: readonly CrfValues[];
  readonly predictions: readonly Predicted[];
  /** Numbers that are learned; unknown before the first step. */
  readonly learned?: number;
  /** The command that goes on with it, and whether it needs a file that the page has not got. */
  readonly command: string;
  readonly lacksInit: boolean;
  /** Bytes of its checkpoint; none before the first step. */
  readonly bytes: number;
}

/** What happens while a run goes on. */
export type Event =
  | { readonly kind: "steps"; readonly metrics: readonly StepMetric[]; readonly crf?: CrfValues }
  | {
      readonly kind: "validation";
      readonly metric: Extract<Metric, { event: "validation" }>;
      readonly predictions: readonly Predicted[];
    }
  | { readonly kind: "warning"; readonly sentence: string };

/** What was found in a folder of the reader's. */
export interface FolderReport {
  readonly name: string;
  readonly classes: readonly string[];
  readonly train: number;
  readonly val: number;
  /** What does not fit, a sentence each. */
  readonly notes: readonly string[];
}

/** A file with its path below the folder that was chosen. */
export interface FileAt {
  readonly path: string;
  readonly file: File;
}
