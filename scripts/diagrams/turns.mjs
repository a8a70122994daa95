// Who computes when, on WebAssembly, in a worker and on a GPU. A scheme: no lengths were measured.
import { arrow, figure, path, rect, text } from "./svg.mjs";

/** Where the time line begins, and its pixels a millisecond. */
const [begin, unit] = [118, 4.1];
/** A turn is due after so many milliseconds. */
const due = 16;
const turn = 3.4;
const pieces = 5;

const at = (milliseconds) => begin + milliseconds * unit;
const end = at(pieces * (due + turn));

const lane = (y, name) => [
  text(begin - 12, y + 21, name, { size: 14, anchor: "end", kind: "soft" }),
  path(`M${begin} ${y + 32}H${end}`, "none s-line", { "stroke-width": 1 }),
];
const work = (y, from, milliseconds) => rect(at(from), y + 4, milliseconds * unit, 28, "f-accent", { rx: 4 });
const free = (y, from, milliseconds) =>
  rect(at(from), y + 4, milliseconds * unit, 28, "f-blush s-warm", { rx: 3, "stroke-width": 1 });

/** The calling thread computes, and lets the event loop have a turn between two pieces. */
function onThread(y) {
  const each = Array.from({ length: pieces }, (_, i) => i * (due + turn));
  return [
    text(2, y, "WebAssembly", { size: 15, kind: "bold" }),
    lane(y + 12, "page"),
    each.map((from) => [work(y + 12, from, due), free(y + 12, from + due, turn)]),
    path(`M${at(0)} ${y + 56}v-6H${at(due)}v6`, "none s-soft", { "stroke-width": 1 }),
    text(at(due / 2), y + 72, "16 ms", { size: 13.5, anchor: "middle", kind: "soft" }),
    arrow([at(due + turn / 2), y + 78], [at(due + turn / 2), y + 48], "warm", { width: 1.3, head: 7 }),
    text(at(due + turn / 2) + 8, y + 72, "a turn: events, timers, painting", { size: 13.5, kind: "warm" }),
  ];
}

/** Another one computes, and the page only asks and hears. */
function beside(y, title, other) {
  const whole = pieces * (due + turn);
  const [ask, heard] = [2.2, whole - 2.2];
  return [
    text(2, y, title, { size: 15, kind: "bold" }),
    lane(y + 12, "page"),
    lane(y + 52, other),
    work(y + 12, 0, ask),
    free(y + 12, ask, heard - ask),
    work(y + 12, heard, 2.2),
    text(at(whole / 2), y + 35, "free", { size: 14, anchor: "middle", kind: "warm" }),
    work(y + 52, ask + 1.6, heard - ask - 3.2),
    arrow([at(ask / 2), y + 46], [at(ask + 1.6) + 5, y + 57], "soft", { width: 1.3, head: 6 }),
    arrow([at(heard - 1.6) - 4, y + 57], [at(heard + 1.1), y + 46], "soft", { width: 1.3, head: 6 }),
  ];
}

export const turns = () =>
  figure(
    {
      width: 520,
      height: 348,
      title: "Who computes when",
      description:
        "Time lines of one call. On WebAssembly the page's thread computes in pieces of 16 milliseconds at most, and between two of them lets the event loop have a turn, in which events, timers and painting have their time. " +
        "With a worker the page's thread is free while the worker computes. On WebGPU it is free while the GPU computes.",
    },
    onThread(18),
    beside(130, "WebAssembly in a worker", "worker"),
    beside(250, "WebGPU", "GPU"),
  );
