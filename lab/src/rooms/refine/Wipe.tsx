import type { JSX } from "preact";
import { parameters, set } from "./parameters.ts";
import { place } from "./view.ts";

/** The line between before and after, to be moved by pointer and by keys. */
export function Wipe(): JSX.Element {
  const { wipe } = parameters.value;
  const put = (percent: number): void => set({ wipe: Math.min(Math.max(Math.round(percent), 1), 99) });
  const follow = (event: PointerEvent): void => {
    const line = event.currentTarget as HTMLElement;
    if (!line.hasPointerCapture(event.pointerId)) return;
    const { left, width } = place.box!.getBoundingClientRect();
    put((100 * (event.clientX - left)) / width);
  };
  const key = (event: KeyboardEvent): void => {
    const to = { ArrowLeft: wipe - 2, ArrowRight: wipe + 2, PageDown: wipe - 10, PageUp: wipe + 10, Home: 1, End: 99 }[
      event.key
    ];
    if (to === undefined) return;
    event.preventDefault();
    put(to);
  };
  return (
    <div
      class="refine-wipe"
      role="slider"
      tabIndex={0}
      aria-label="Before to the left, after to the right"
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={wipe}
      onPointerDown={(event) => {
        event.stopPropagation();
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={follow}
      onKeyDown={key}
    >
      <span class="refine-wipe-knob" aria-hidden="true">
        <svg viewBox="0 0 24 24" width="18" height="18" fill="none" stroke="currentColor" stroke-width="2">
          <path d="M9 7l-5 5 5 5M15 7l5 5-5 5" stroke-linecap="round" stroke-linejoin="round" />
        </svg>
      </span>
      <span class="refine-wipe-word" data-side="before" aria-hidden="true">
        before
      </span>
      <span class="refine-wipe-word" data-side="after" aria-hidden="true">
        after
      </span>
    </div>
  );
}
