/** What an optimizer keeps of each parameter: SGD its velocity, Adam the running means of gradients and of their squares. */
export type Moment = "velocity" | "mean" | "square";

/** An optimizer's memory lies beside the parameters, under names that no layer has. */
export const optimizerPrefix = "optimizer/";

/** How many steps the optimizer has taken. */
export const stepsName = `${optimizerPrefix}steps`;

/** Whether a tensor of a checkpoint belongs to the optimizer, not to the model. */
export const isOfOptimizer = (name: string): boolean => name.startsWith(optimizerPrefix);

/** The name of what is kept of a parameter. */
export const momentName = (parameter: string, moment: Moment): string => `${optimizerPrefix}${parameter}.${moment}`;

/** The parameter that something is kept of, and what; undefined for other names. */
export function momentOf(name: string): { readonly parameter: string; readonly moment: Moment } | undefined {
  const [, parameter, moment] = /^optimizer\/(.+)\.(velocity|mean|square)$/.exec(name) ?? [];
  return parameter === undefined ? undefined : { parameter, moment: moment as Moment };
}
