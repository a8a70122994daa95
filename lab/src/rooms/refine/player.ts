import { effect, signal } from "@preact/signals";
import { lastFrame, shoot } from "./engine.ts";
import { parameters, set } from "./parameters.ts";
import { film, frame } from "./state.ts";

export const playing = signal(false);
/** How long each iteration is on view, in milliseconds. */
const tempo = 260;
let timer: ReturnType<typeof setTimeout> | undefined;

/** Labels are what the film shows. */
function look(): void {
  const { view } = parameters.peek();
  if (view !== "result" && view !== "difference") set({ view: "result" });
}

/** Shows one iteration. */
export async function seek(iteration: number): Promise<void> {
  pause();
  look();
  const filming = shoot();
  frame.value = iteration;
  await filming;
}

export function pause(): void {
  clearTimeout(timer);
  playing.value = false;
}

/** Plays from the iteration on view, or from the first where that is the last. */
export async function play(): Promise<void> {
  look();
  const filming = shoot();
  const from = frame.peek();
  frame.value = from === undefined || from >= lastFrame ? 0 : from;
  playing.value = true;
  timer = setTimeout(next, tempo);
  await filming;
}

function next(): void {
  const at = frame.peek();
  if (!playing.peek() || at === undefined) return pause();
  // It waits for iterations that are not computed yet.
  if (film.peek()?.maps[at + 1]) frame.value = at + 1;
  if (frame.peek() === lastFrame) return pause();
  timer = setTimeout(next, tempo);
}

/** What is drawn or changed while it plays ends it. */
effect(() => {
  if (frame.value === undefined) pause();
});
