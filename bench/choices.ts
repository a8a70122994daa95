import type { Choice } from "../src/nn/tune.ts";

/** `nn/product: registers (tiled takes 2.53 times as long)` */
export function describeChoice({ kernel, form, times, refused }: Choice): string {
  const others = Object.entries(times).filter(([name]) => name !== form);
  const words = [
    ...others.map(([name, time]) => `${name} takes ${time.toFixed(2)} times as long`),
    ...refused.map((name) => `${name} does not compile here or gives other bits`),
  ];
  return `${kernel}: ${form} (${words.join(", ")})`;
}
