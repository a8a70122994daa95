import type { Optimizer } from "../optim/optimizer.ts";
import type { Configuration } from "./configuration.ts";
import type { Surroundings } from "./surroundings.ts";
import type { Trainable } from "./trainable.ts";

/** What is trained, by what means and with what around it. */
export interface Run {
  readonly trainable: Trainable;
  readonly optimizer: Optimizer;
  readonly configuration: Configuration;
  readonly surroundings: Surroundings;
}
