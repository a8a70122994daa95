/**
 * The learning rate and decay of some parameters, as multiples of the optimizer's. A multiplier that is left out is 1.
 */
export interface Multiplier {
  /** With 0 the parameter stays as it is, to the bit. */
  readonly rate?: number;
  readonly decay?: number;
}

/**
 * Multipliers by parameter name or by a pattern in which `*` stands for any letters. Where several match, a later one
 * overrides what it states of an earlier one. A pattern may match nothing, so that one table serves a family of models.
 * @example
 * const multipliers = { "*.bias": { rate: 2, decay: 0 }, "upscore*.weight": { rate: 0 } };
 * const step = sgd(network.parameters, { rate: 1e-10, multipliers });
 */
export type Multipliers = Readonly<Record<string, Multiplier>>;

/** Returns the multipliers of the parameter `name`. */
export function multiplierOf(name: string, multipliers: Multipliers): Required<Multiplier> {
  const matching = Object.entries(multipliers).filter(([pattern]) => matches(name, pattern));
  return matching.reduce((all, [, multiplier]) => ({ ...all, ...multiplier }), { rate: 1, decay: 1 });
}

/** Whether a pattern, in which `*` stands for any letters, has this name. */
export function matches(name: string, pattern: string): boolean {
  const literal = pattern.split("*").map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, "\\$&"));
  return new RegExp(`^${literal.join(".*")}$`).test(name);
}
