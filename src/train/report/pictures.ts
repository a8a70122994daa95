import type { Image } from "../../data/image.ts";
import type { LabelMap } from "../../data/labels.ts";
import type { Color } from "../../data/palette.ts";
import { encodeLabelPng, encodeRgbPng } from "../../data/png.ts";
import type { Prediction } from "../trainable.ts";
import { dataUrl, html, type Markup } from "./markup.ts";

/** A validation image with its ground truth and what the model made of it. */
export interface Picture {
  readonly id: string;
  readonly image: Image;
  readonly labels: LabelMap["labels"];
  readonly prediction: Prediction;
}

/** A grid: photograph, ground truth, network and, where there is one, CRF. */
export function drawPictures(
  pictures: readonly Picture[],
  classes: readonly string[],
  palette: readonly Color[],
): Markup | undefined {
  if (pictures.length === 0) return undefined;
  const refined = pictures.some(({ prediction }) => prediction.crf);
  const titles = ["photograph", "ground truth", "network", ...(refined ? ["network + CRF"] : [])];
  const shown = new Set(pictures.flatMap(({ labels, prediction }) => [...labels, ...prediction.network]));
  return html`<section>
    <h2>Validation images</h2>
    <p class="key">
      ${classes.flatMap((name, label) => (shown.has(label) ? [html`<i style="${swatch(palette[label]!)}"></i>${name}`] : []))}
    </p>
    <div class="pictures" style="--columns: ${titles.length}">
      ${titles.map((title) => html`<h3>${title}</h3>`)} ${pictures.map((picture) => drawRow(picture, palette, refined))}
    </div>
  </section>`;
}

function drawRow({ id, image, labels, prediction }: Picture, palette: readonly Color[], refined: boolean): Markup {
  const { height, width, values } = image;
  const photograph = encodeRgbPng(height, width, Uint8Array.from(values));
  const maps = [labels, prediction.network, ...(refined ? [prediction.crf ?? prediction.network] : [])];
  const pngs = [photograph, ...maps.map((map) => encodeLabelPng({ height, width, labels: map, palette }))];
  return html`${pngs.map((png) => html`<img src="${dataUrl("image/png", png)}" alt="${id}" title="${id}" />`)}`;
}

const swatch = ([red, green, blue]: Color): string => `background: rgb(${red}, ${green}, ${blue})`;
