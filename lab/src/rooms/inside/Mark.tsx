import type { JSX } from "preact";

/** The remainder of a vertex, as the drawings mark it. */
export function RemainderMark({ remainder }: { readonly remainder: number }): JSX.Element {
  return (
    <span class="inside-mark" data-remainder={remainder}>
      {remainder}
    </span>
  );
}
