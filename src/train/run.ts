import type { Optimizer } from "../optim/optimizer.ts";
import type { Configuration } from "./configuration.ts";
import type { Made } from "./made.ts";
import type { Surroundings } from "./surroundings.ts";
import type { Trainable } from "./trainable.ts";

/** The parts of a training run: the model, its optimizer, its configuration and its surroundings. */
export interface Run {
  readonly trainable: Trainable;
  readonly optimizer: Optimizer;
  readonly configuration: Configuration;
  readonly surroundings: Surroundings;
  /** By what the run is computed, which its checkpoints tell. */
  readonly made?: Made;
}
