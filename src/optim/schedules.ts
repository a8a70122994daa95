import { ValueError } from "../errors.ts";
import { requireOptions } from "../options.ts";
import { found, kindOf, requireNumber } from "../values.ts";

/** Gives the learning rate of a step; steps are counted from 0. */
export type Schedule = (step: number) => number;

/** Returns a schedule with the same rate at every step. @throws ValueError */
export function fixed(rate: number): Schedule {
  requireNumber("fixed", "rate", rate, 0);
  return () => rate;
}

/**
 * Caffe's policy `step`: rate·factor^⌊step/every⌋. @throws ValueError
 * @example stepped(1e-3, { every: 2000, factor: 0.1 })
 */
export function stepped(rate: number, options: { readonly every: number; readonly factor: number }): Schedule {
  requireOptions("stepped", options, { every: true, factor: true });
  const { every, factor } = options ?? {};
  requireNumber("stepped", "rate", rate, 0);
  requireNumber("stepped", "factor", factor, 0);
  requireSteps("stepped", every);
  return (step) => rate * factor ** Math.floor(step / every);
}

/**
 * Caffe's policy `poly`: rate·(1 − step/steps)^power, 0 from `steps` on. @throws ValueError
 * @example polynomial(1e-3, { steps: 20000, power: 0.9 })
 */
export function polynomial(rate: number, options: { readonly steps: number; readonly power: number }): Schedule {
  requireOptions("polynomial", options, { steps: true, power: true });
  const { steps, power } = options ?? {};
  requireNumber("polynomial", "rate", rate, 0);
  requireSteps("polynomial", steps);
  requireNumber("polynomial", "power", power, 0);
  return (step) => rate * Math.max(0, 1 - step / steps) ** power;
}

/**
 * Half a wave of the cosine (Loshchilov and Hutter, ICLR 2017, without restarts): rate·(1 + cos(π·step/steps))/2, 0 from `steps` on.
 * @throws ValueError
 */
export function cosine(rate: number, options: { readonly steps: number }): Schedule {
  requireOptions("cosine", options, { steps: true });
  const { steps } = options ?? {};
  requireNumber("cosine", "rate", rate, 0);
  requireSteps("cosine", steps);
  return (step) => (step < steps ? (rate * (1 + Math.cos((Math.PI * step) / steps))) / 2 : 0);
}

/**
 * Brings a schedule up from next to nothing in equal steps: (step + 1)/steps of its rate, and all of it from step `steps` − 1 on.
 * @throws ValueError
 * @example warmUp(cosine(1e-3, { steps: 20000 }), { steps: 500 })
 */
export function warmUp(schedule: Schedule, options: { readonly steps: number }): Schedule {
  requireOptions("warmUp", options, { steps: true });
  const { steps } = options ?? {};
  requireSteps("warmUp", steps);
  if (typeof schedule !== "function") {
    throw new ValueError({
      where: "warmUp",
      expected: "a schedule",
      got: kindOf(schedule),
      remedy: "pass fixed(rate)",
    });
  }
  return (step) => schedule(step) * Math.min(1, (step + 1) / steps);
}

function requireSteps(where: string, steps: number): void {
  if (Number.isInteger(steps) && steps > 0) return;
  throw new ValueError({ where, expected: "a whole number of steps, 1 or more", got: found(steps) });
}
