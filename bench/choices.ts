import type { Choice } from "../src/nn/tune.ts";

/** `nn/product: registers, as the rule (by timestamp queries, tiled takes 2.53 times as long)` */
export function describeChoice({ kernel, form, rule, clock, times, refused }: Choice): string {
  const others = Object.entries(times).filter(([name]) => name !== form);
  const words = [
    ...(clock === "none"
      ? ["not measured: the clock is too coarse"]
      : others.map(([name, time]) => `${name} takes ${time.toFixed(2)} times as long`)),
    ...refused.map((name) => `${name} does not compile here or gives other bits`),
  ];
  const by = clock === "none" ? "" : `by ${clock}, `;
  return `${kernel}: ${form}, ${form === rule ? "as the rule" : `where the rule takes ${rule}`} (${by}${words.join(", ")})`;
}
