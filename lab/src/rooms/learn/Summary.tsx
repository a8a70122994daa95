import { effect, type ReadonlySignal, signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { crf, doing, drawn, history, run, step } from "./state.ts";

const share = (value: number): string => value.toFixed(2);

/** How the training goes, in a sentence or two. */
export function sentence(): string {
  void drawn.value;
  const view = run.value;
  if (!view) return "The run is being prepared.";
  const { smooth, loss, network, crf: refined } = history.value;
  if (step.value === 0) {
    return `Nothing has been learned yet: press “Train”. There are ${view.images} pictures to learn from, of ${view.classes.length} classes.`;
  }
  const steps = step.value === 1 ? "1 step" : `${step.value.toLocaleString("en")} steps`;
  const lossTold =
    smooth.length === 0
      ? `After ${steps}, training can go on.`
      : `After ${steps} the loss is ${share(smooth.at(-1)!)} per pixel; it was ${share(loss[0]!)} at first.`;
  if (network.length === 0) return lossTold;
  const behind = refined.at(-1);
  const ofNetwork = `The mean IU is ${share(network.at(-1)!)}`;
  return `${lossTold} ${ofNetwork}${behind === null || behind === undefined ? "" : `, and ${share(behind)} with the CRF`}.`;
}

/** The sentence, on view. */
export const Summary = (): JSX.Element => (
  <p class="learn-summary" id="learn-summary">
    {sentence()}
  </p>
);

const spoken = signal("");
/** Screen readers hear of a training that goes on so often, in milliseconds. */
const pause = 20_000;

/** The same for screen readers: when training begins and ends, and now and then between. */
export function Spoken({ active }: { readonly active: ReadonlySignal<boolean> }): JSX.Element {
  useEffect(() => {
    const tell = (): void => {
      if (active.peek()) spoken.value = sentence();
    };
    const timer = setInterval(() => doing.peek() === "training" && tell(), pause);
    const stop = effect(() => {
      const words = { training: "Training has begun.", preparing: "", pausing: "" };
      const now = doing.value;
      if (now === "waiting") queueMicrotask(tell);
      else if (active.peek() && words[now] !== "") spoken.value = words[now];
    });
    return () => {
      clearInterval(timer);
      stop();
    };
  }, [active]);
  return (
    <p class="unseen" role="status">
      {spoken.value}
    </p>
  );
}

/** What the CRF's bandwidths are now, in a sentence. */
export function bandwidthSentence(): string {
  const [first, last] = [crf.value[0], crf.value.at(-1)];
  if (!first || !last) return "There is no CRF in this run.";
  const names = ["θα", "θβ", "θγ"];
  const parts = names.map(
    (name, k) => `${name} ${last.bandwidths[k]!.toFixed(2)} (${first.bandwidths[k]!.toFixed(2)} at first)`,
  );
  return `The bandwidths are ${parts.join(", ")}.`;
}
