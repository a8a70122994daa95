import type { Choice } from "../nn/tune.ts";

/** `nn/product: registers (tiled takes 2.53 times as long)` */
export function describeChoice({ kernel, form, times }: Choice): string {
  const others = Object.entries(times).filter(([name]) => name !== form);
  return `${kernel}: ${form} (${others.map(([name, time]) => `${name} takes ${time.toFixed(2)} times as long`).join(", ")})`;
}
