import type { JSX } from "preact";

/** A number as a bar, 0…1; the number itself stands beside it. */
export function Bar({
  part,
  tone = "accent",
}: {
  readonly part: number;
  readonly tone?: "accent" | "soft";
}): JSX.Element {
  const width = Math.min(Math.max(part, 0), 1);
  return <span class={`measure-bar measure-bar-${tone}`} style={{ "--part": width }} aria-hidden="true" />;
}

/** How many times as long another took, as a bar from the middle: to the right where this run is faster, eight times at most. */
export function RatioBar({ ratio }: { readonly ratio: number }): JSX.Element {
  const part = Math.min(Math.max(Math.log2(ratio) / 3, -1), 1);
  return <span class="measure-ratio" data-faster={part >= 0} style={{ "--part": Math.abs(part) }} aria-hidden="true" />;
}
