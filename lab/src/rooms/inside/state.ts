import { batch, computed, effect, signal } from "@preact/signals";
import { connect } from "../../engine/connect.ts";
import { pictures } from "../../pictures/pictures.ts";
import { room, roomParameters } from "../../shell/address.ts";
import { notifyError } from "../../shell/notices.ts";
import type { FilterName, Footprint } from "./color/footprint.ts";
import type { StageName, Stages } from "./iteration/stages.ts";
import { luminance, type Picture, type PictureSource } from "./picture.ts";
import type { Plane } from "./plane/plane.ts";
import type { InsideService } from "./service.ts";

/** What is looked at: the lattice of positions, that of positions and colors, or an iteration of mean field. */
export type ViewName = "plane" | "color" | "iteration";
/** What is filtered in the plane. */
export type SignalName = "points" | "gray";

/** The steps of a filter in the plane, from the pixels to the result. */
export const steps = ["pixels", "splat", "blur0", "blur1", "blur2", "slice"] as const;
export type Step = (typeof steps)[number];

/** The name that a picture of the reader's has in the address: it is only there, so that whoever follows a link gets another one. */
export const ownPicture = "own";

/** How many iterations there are to look at. */
export const iterations = 10;

/** What is on view first, and for whoever follows a link to a picture that only its sender has. */
export const usualPicture = "fruit";

const bandwidths: readonly [number, number] = [1, 400];

export const defaults = {
  view: "plane" as ViewName,
  picture: usualPicture,
  /** The chosen pixel: column and row, as shares of the picture, so that it stays where it is when the picture changes. */
  at: [0.331, 0.394] as readonly number[],
  theta: 16,
  signal: "points" as SignalName,
  /** Pixels that carry a 1: column, row, column, row, …, as shares of the picture. */
  points: [0.36, 0.4, 0.43, 0.33, 0.44, 0.52, 0.52, 0.46, 0.6, 0.5] as readonly number[],
  step: "pixels" as Step,
  normalized: false,
  filter: "bilateral" as FilterName,
  alpha: 40,
  beta: 20,
  gamma: 6,
  corner: -1,
  bilateralWeight: 5,
  spatialWeight: 3,
  iteration: 1,
  class: 1,
  stage: "result" as StageName,
};

export type Parameters = typeof defaults;

export const parameters = roomParameters("inside", defaults, {
  view: ["plane", "color", "iteration"],
  picture: [...pictures.map(({ name }) => name), ownPicture],
  at: [0, 1],
  theta: [2, 64],
  signal: ["points", "gray"],
  points: [0, 1],
  step: steps,
  filter: ["bilateral", "spatial"],
  alpha: bandwidths,
  beta: [1, 128],
  gamma: [1, 64],
  corner: [-1, 5],
  bilateralWeight: [0, 20],
  spatialWeight: [0, 20],
  iteration: [1, iterations],
  class: [0, 254],
  stage: [
    "marginals",
    "spatial",
    "bilateral",
    "weightedSpatial",
    "weightedBilateral",
    "message",
    "compatibility",
    "unary",
    "logits",
    "result",
  ],
});

/** Changes some of the parameters. */
export function change(some: Partial<Parameters>): void {
  parameters.value = { ...parameters.peek(), ...some };
}

export const connection = connect<InsideService>(
  "inside",
  () => new Worker(new URL("./inside.worker.ts", import.meta.url), { type: "module" }),
);

/** The picture that the reader opened, if any. */
export const ownFile = signal<File | undefined>(undefined);
/** The picture on view; undefined until the first is there. */
export const picture = signal<Picture | undefined>(undefined);
/** Answers of the worker; each stays on view until the next one is there. */
export const plane = signal<Plane | undefined>(undefined);
export const footprint = signal<Footprint | undefined>(undefined);
export const stages = signal<Stages | undefined>(undefined);

/** Whether the room waits for an answer, for those who look for it: tests and styles. */
export const waiting = signal(0);

/** What one place reads of the parameters, so that a change of others does not wake it. */
export const part = <Value extends string | number | boolean>(of: (values: Parameters) => Value) =>
  computed(() => of(parameters.value));

export const view = part(({ view }) => view);
export const step = part(({ step }) => step);

/** The chosen pixel, by its column, its row, and its number. */
export const chosen = computed(() => {
  const [u = 0, v = 0] = parameters.value.at;
  return pixelAt(u, v);
});

function pixelAt(u: number, v: number): { readonly x: number; readonly y: number; readonly pixel: number } {
  const { width = 1, height = 1 } = picture.value ?? {};
  const [x, y] = [Math.min(Math.floor(u * width), width - 1), Math.min(Math.floor(v * height), height - 1)];
  return { x, y, pixel: y * width + x };
}

/** A pixel as a share of the picture: its center. */
export function shareOf(x: number, y: number): [number, number] {
  const { width = 1, height = 1 } = picture.peek() ?? {};
  const within = (place: number, size: number): number =>
    Number(((Math.min(Math.max(place, 0), size - 1) + 0.5) / size).toFixed(4));
  return [within(x, width), within(y, height)];
}

export const choosePixel = (x: number, y: number): void => change({ at: shareOf(x, y) });

/** The pixels that carry a point, by their numbers. */
export const pointPixels = computed(() => {
  const { points } = parameters.value;
  return points.filter((_, i) => i % 2 === 0).map((u, i) => pixelAt(u, points[2 * i + 1] ?? 0).pixel);
});

/** Sets a point at a pixel, or takes away the one that is there. */
export function togglePoint(x: number, y: number): void {
  const { width } = picture.peek()!;
  const { points } = parameters.peek();
  const at = pointPixels.peek().indexOf(y * width + x);
  const left = points.filter((_, i) => Math.floor(i / 2) !== at);
  change({ points: at >= 0 ? left : [...points, ...shareOf(x, y)] });
}

/** What is filtered in the plane: a number for every pixel. */
export const signalValues = computed((): Float32Array<ArrayBuffer> => {
  const now = picture.value;
  if (!now) return new Float32Array();
  const { width, height, pixels } = now;
  if (parameters.value.signal === "gray") {
    return Float32Array.from({ length: width * height }, (_, pixel) => luminance(pixels, pixel) / 255);
  }
  const values = new Float32Array(width * height);
  for (const pixel of pointPixels.value) values[pixel] = 1;
  return values;
});

/** Asks the worker, and keeps the answer unless a newer one was asked for meanwhile. */
async function ask<Answer>(call: () => Promise<Answer | undefined>, keep: (answer: Answer) => void): Promise<void> {
  waiting.value = waiting.peek() + 1;
  try {
    await connection.ready();
    const answer = await call();
    if (answer) keep(answer);
  } catch (error) {
    notifyError(error, "inside");
  } finally {
    waiting.value = waiting.peek() - 1;
  }
}

/** The picture that comes along and is asked for; undefined for one of the reader's own. */
export const known = computed(() => {
  const { picture: name } = parameters.value;
  if (name === ownPicture && ownFile.value) return undefined;
  return pictures.find((one) => one.name === (name === ownPicture ? usualPicture : name))!;
});

const source = computed((): PictureSource => {
  const comes = known.value;
  if (!comes) return { file: ownFile.value! };
  const absolute = (url: string): string => new URL(url, document.baseURI).href;
  const { width, height, truth } = comes;
  return { url: absolute(comes.url), width, height, truth: truth && absolute(truth.url) };
});
/** The size of the picture on view, or, before it is there, of the one that is loaded. */
export const size = computed(() => picture.value ?? known.value ?? { width: 4, height: 3 });

/** Follows the parameters from the room's first visit on. */
export function follow(): void {
  const isOpen = computed(() => room.value === "inside");
  effect(() => {
    const wanted = source.value;
    void ask(
      () => connection.service.picture(wanted),
      (answer) => {
        if (source.peek() !== wanted) return;
        batch(() => {
          picture.value = answer;
          plane.value = footprint.value = stages.value = undefined;
          const classes = answer.truth ? Math.max(2, ...answer.truth) + 1 : 3;
          if (parameters.peek().class >= classes) change({ class: 1 });
        });
      },
    );
  });

  const theta = part((values) => values.theta);
  effect(() => {
    void connection.opened.value;
    const now = picture.value;
    if (!isOpen.value || view.value !== "plane" || !now) return;
    const { width, height } = now;
    const request = { width, height, bandwidth: theta.value, signal: signalValues.value };
    void ask(
      () => connection.service.plane(request),
      (answer) => picture.peek() === now && (plane.value = answer),
    );
  });

  const filterName = part((values) => values.filter);
  const [alpha, beta, gamma] = [part((v) => v.alpha), part((v) => v.beta), part((v) => v.gamma)];
  effect(() => {
    void connection.opened.value;
    const now = picture.value;
    if (!isOpen.value || view.value !== "color" || !now) return;
    const spatial = filterName.value === "spatial";
    const request = {
      picture: now,
      filter: filterName.value,
      bandwidths: { position: spatial ? gamma.value : alpha.value, color: spatial ? 1 : beta.value },
      pixel: chosen.value.pixel,
    };
    void ask(
      () => connection.service.footprint(request),
      (answer) => picture.peek() === now && (footprint.value = answer),
    );
  });

  const [bilateral, spatial, iteration] = [
    part((v) => v.bilateralWeight),
    part((v) => v.spatialWeight),
    part((v) => v.iteration),
  ];
  effect(() => {
    void connection.opened.value;
    const now = picture.value;
    if (!isOpen.value || view.value !== "iteration" || !now) return;
    const request = {
      picture: now,
      bandwidths: { position: alpha.value, color: beta.value, spatial: gamma.value },
      weights: { bilateral: bilateral.value, spatial: spatial.value },
      iteration: iteration.value,
      iterations,
    };
    void ask(
      () => connection.service.stages(request),
      (answer) => picture.peek() === now && (stages.value = answer),
    );
  });
}
