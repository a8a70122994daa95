import { computed, effect, signal } from "@preact/signals";
import { room } from "../../../shell/address.ts";
import { change, step, type Step, steps, view } from "../state.ts";

/** How long a step takes to be seen, and how long it stays before the next, in milliseconds. */
const [duration, rest] = [900, 2200];

const still = matchMedia("(prefers-reduced-motion: reduce)");

const target = computed(() => steps.indexOf(step.value));

/** Where the filter is between its steps: 1.5 is half way from the splat to the blur along axis 0. */
export const moment = signal(target.peek());
export const playing = signal(false);

/** Moves the moment to the step that was chosen, unless the reader wants no motion or the way is long. */
export function animate(): void {
  let frame = 0;
  effect(() => {
    const to = target.value;
    cancelAnimationFrame(frame);
    const from = moment.peek();
    if (from === to) return;
    if (still.matches || to < from || to - from > 1) {
      moment.value = to;
      return;
    }
    const begin = performance.now();
    const draw = (now: number): void => {
      const part = Math.min(Math.max((now - begin) / duration, 0), 1);
      moment.value = from + (to - from) * part * part * (3 - 2 * part);
      if (part < 1) frame = requestAnimationFrame(draw);
    };
    frame = requestAnimationFrame(draw);
  });

  effect(() => {
    if (!playing.value) return undefined;
    if (room.value !== "inside" || view.value !== "plane") {
      playing.value = false;
      return undefined;
    }
    const timer = setInterval(() => {
      goTo(target.peek() + 1);
      if (target.peek() === steps.length - 1) playing.value = false;
    }, rest);
    return () => clearInterval(timer);
  });
}

export function goTo(index: number): void {
  const name: Step | undefined = steps[Math.min(Math.max(index, 0), steps.length - 1)];
  if (name && name !== step.peek()) change({ step: name });
}

/** Plays from here on, or from the beginning where the end is reached. */
export function play(): void {
  if (playing.peek()) {
    playing.value = false;
    return;
  }
  goTo(target.peek() === steps.length - 1 ? 0 : target.peek() + 1);
  playing.value = true;
}
