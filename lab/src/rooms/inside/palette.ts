import { computed, signal } from "@preact/signals";
import type { Rgb } from "../../style/classes.ts";

/** Colors that canvases draw with, by the names of the diagrams in the guide (scripts/diagrams/svg.mjs). */
export type PaletteName =
  | "ink"
  | "soft"
  | "line"
  | "face"
  | "accent"
  | "tint"
  | "warm"
  | "blush"
  | "stage"
  | "positive"
  | "negative";
export type Palette = Readonly<Record<PaletteName, Rgb>>;

const tokens: Readonly<Record<PaletteName, string>> = {
  ink: "--text",
  soft: "--text-soft",
  line: "--line-strong",
  face: "--surface",
  accent: "--accent",
  tint: "--accent-soft",
  warm: "--inside-warm",
  blush: "--inside-blush",
  stage: "--stage",
  positive: "--positive",
  negative: "--negative",
};

/** Counts the changes of the scheme: by the system, or by the attribute that carries what the reader chose. */
const changes = signal(0);
const tell = (): void => void changes.value++;
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", tell);
new MutationObserver(tell).observe(document.documentElement, { attributeFilter: ["data-theme"] });

/** The colors of the scheme that is on view. */
export const palette = computed((): Palette => {
  void changes.value;
  const probe = document.createElement("span");
  probe.hidden = true;
  document.body.append(probe);
  const context = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true })!;
  const resolve = (token: string): Rgb => {
    probe.style.color = `var(${token})`;
    context.fillStyle = getComputedStyle(probe).color;
    context.fillRect(0, 0, 1, 1);
    const [red, green, blue] = context.getImageData(0, 0, 1, 1).data;
    return [red!, green!, blue!];
  };
  const colors = Object.fromEntries(Object.entries(tokens).map(([name, token]) => [name, resolve(token)]));
  probe.remove();
  return colors as unknown as Palette;
});
