import { computed, signal } from "@preact/signals";
import { classColor, type Rgb } from "../../style/classes.ts";
import { type Area, Drawing, nothing, union } from "./drawing.ts";
import { parameters, set } from "./parameters.ts";

/** A class of the drawing: its label is its place in the list. */
export interface DrawnClass {
  readonly name: string;
  readonly rgb: Rgb;
}

/** The picture that is worked on. */
export interface OpenPicture {
  /** Another number for each picture that was opened. */
  readonly id: number;
  readonly title: string;
  readonly width: number;
  readonly height: number;
  /** The size of its file, of which this is a smaller copy where the sizes differ. */
  readonly original: { readonly width: number; readonly height: number };
  /** Red, green, blue and alpha of every pixel: what is computed with. */
  readonly pixels: Uint8ClampedArray<ArrayBuffer>;
  /** What is shown: in more pixels than are computed with, where the file has them. */
  readonly shown: CanvasImageSource;
}

/** Scores of a network, which take the drawing's place where nothing is drawn. */
export interface GivenScores {
  readonly id: number;
  readonly name: string;
  readonly classes: number;
  /** `[height·width·classes]`, at the picture's size. */
  readonly data: Float32Array<ArrayBuffer>;
}

export interface Numbers {
  readonly milliseconds: {
    /** Building what was built anew; undefined where both lattices were kept. */
    readonly spatial?: number;
    readonly bilateral?: number;
    readonly scores: number;
    readonly iterations: number;
    readonly reading: number;
    /** From the request to the answer, as the page sees it. */
    readonly whole: number;
  };
  /** The time of each kind of kernel, where the device has a clock. */
  readonly kernels: readonly { readonly name: string; readonly milliseconds: number }[];
  readonly vertices: { readonly spatial: number; readonly bilateral: number };
  readonly bytes: number;
  readonly peakBytes: number;
}

/** What the CRF found. */
export interface Result {
  readonly picture: number;
  readonly classes: number;
  readonly iterations: number;
  readonly labels: Uint8Array;
  readonly confidence: Float32Array;
  /** The labels before the CRF, 255 where there are none. */
  readonly before: Uint8Array;
  readonly numbers: Numbers;
}

/** The label maps after 0, 1, … iterations, of the state that is on view. */
export interface Film {
  readonly maps: readonly Uint8Array[];
  readonly whole: boolean;
}

export const tools = ["brush", "eraser", "fill", "wand"] as const;
export type Tool = (typeof tools)[number];

export const picture = signal<OpenPicture | undefined>(undefined);
export const scores = signal<GivenScores | undefined>(undefined);
export const classes = signal<readonly DrawnClass[]>([]);
/** The class that is drawn with. */
export const chosen = signal(1);
export const tool = signal<Tool>("brush");
/** The diameter of the pen, in pixels of the picture. */
export const brush = signal(14);
export const tolerance = signal(16);
export const drawing = signal(new Drawing(1, 1));
/** Counts what was drawn: whoever reads it follows the drawing. */
export const drawn = signal(0);
/** What was drawn since it was last shown. */
export const stale = signal<Area | undefined>(undefined);
/** Whether a stroke is being drawn. */
export const painting = signal(false);
export const result = signal<Result | undefined>(undefined);
export const busy = signal(false);
/** Whether the result is that of what is drawn and set now. */
export const settled = signal(false);
export const film = signal<Film | undefined>(undefined);
/** The iteration that is shown in place of the result; undefined for the result itself. */
export const frame = signal<number | undefined>(undefined);

/** The labels that are shown, and after how many iterations they are: of the film, as far as it is there, or of the result. */
export const shownLabels = computed(() => {
  const [answer, at, maps] = [result.value, frame.value, film.value?.maps ?? []];
  if (!answer || at === undefined) return answer && { labels: answer.labels, after: answer.iterations };
  const after = Math.min(at, Math.max(maps.length - 1, 0));
  // Before the first iteration, nobody knows more than what was drawn.
  return { labels: after === 0 ? answer.before : maps[after]!, after };
});

export const potts = (count: number): number[] =>
  Array.from({ length: count * count }, (_, i) => (i % (count + 1) === 0 ? -1 : 0));

/** The compatibility matrix, whole. */
export const compatibility = computed(() => {
  const count = classes.value.length;
  const own = parameters.value.compatibility;
  return own.length === count * count ? own : potts(count);
});

/** Whether anything was drawn or given: without it there is nothing to refine. */
export const isEmpty = computed(() => {
  void drawn.value;
  return scores.value === undefined && drawing.value.labels.every((label) => label === nothing);
});

/** Whether there is something to undo, and to redo. */
export const history = computed(() => {
  void drawn.value;
  return (drawing.value.canUndo ? "undo" : "") + (drawing.value.canRedo ? "redo" : "");
});

/** Tells everybody that an area was drawn on. */
export function touch(area: Area | undefined): void {
  if (!area) return;
  stale.value = stale.peek() ? union(stale.peek()!, area) : area;
  drawn.value++;
}

/** Changes the drawing as one step of undo. */
export function change(work: (drawing: Drawing) => Area | undefined, companion?: () => void): void {
  const { value } = drawing;
  const before = [classes.peek(), parameters.peek().compatibility] as const;
  value.begin();
  const area = work(value);
  companion?.();
  const after = [classes.peek(), parameters.peek().compatibility] as const;
  const put = ([all, matrix]: typeof before): void => {
    classes.value = all;
    set({ compatibility: matrix, classes: namesOf(all) });
    chosen.value = Math.min(chosen.peek(), all.length - 1);
  };
  value.end(before[0] === after[0] ? undefined : { undo: () => put(before), redo: () => put(after) });
  touch(area ?? { x: 0, y: 0, width: 1, height: 1 });
}

export const undo = (): void => touch(drawing.value.undo());
export const redo = (): void => touch(drawing.value.redo());
export const clear = (): void => change((all) => all.replace(() => nothing));

/** Names as they stand in the address, which has commas between them. */
export const namesOf = (all: readonly DrawnClass[]): string =>
  all.map(({ name }) => name.replaceAll(",", " ")).join(",");

/** As many as a PNG of labels tells apart: 255 means that nothing is drawn. */
export const mostClasses = 255;

export const newClass = (label: number, name = label === 0 ? "background" : `class ${label}`): DrawnClass => ({
  name,
  rgb: classColor(label).rgb,
});

/** Changes the look of a class, which changes no result. */
export function rename(label: number, changed: Partial<DrawnClass>): void {
  classes.value = classes.peek().map((one, i) => (i === label ? { ...one, ...changed } : one));
  set({ classes: namesOf(classes.peek()) });
  if (changed.rgb) touch(drawing.peek().whole);
}

export function addClass(): void {
  const count = classes.peek().length;
  if (count >= mostClasses) return;
  change(
    () => undefined,
    () => resizeTo([...classes.peek(), newClass(count)]),
  );
  chosen.value = count;
}

/** Takes a class away, and what was drawn in it. */
export function removeClass(label: number): void {
  if (classes.peek().length <= 2) return;
  change(
    (all) => all.replace((one) => (one === nothing || one < label ? one : one === label ? nothing : one - 1)),
    () =>
      resizeTo(
        classes.peek().filter((_, i) => i !== label),
        label,
      ),
  );
  chosen.value = Math.min(chosen.peek(), classes.peek().length - 1);
}

/** Sets the classes; the compatibility matrix gains and loses rows and columns with them. */
export function resizeTo(all: readonly DrawnClass[], removed?: number): void {
  const [was, now] = [classes.peek().length, all.length];
  const own = parameters.peek().compatibility;
  const from = (i: number): number => (removed !== undefined && i >= removed ? i + 1 : i);
  const resized = potts(now).map((usual, at) => {
    const [row, column] = [from(Math.floor(at / now)), from(at % now)];
    return row < was && column < was ? own[row * was + column]! : usual;
  });
  classes.value = all;
  set({ compatibility: own.length === was * was ? resized : [], classes: namesOf(all) });
}
