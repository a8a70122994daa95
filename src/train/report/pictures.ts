import type { Image } from "../../data/image.ts";
import type { LabelMap } from "../../data/labels.ts";
import type { Color } from "../../data/palette.ts";
import { encodeLabelPng, encodeRgbPng } from "../../data/png.ts";
import type { Prediction } from "../trainable.ts";
import { drawErrors, errorColors } from "./errorMap.ts";
import { dataUrl, html, type Markup } from "./markup.ts";

/** An image with its ground truth and what the model made of it. */
export interface Picture {
  readonly id: string;
  readonly image: Image;
  readonly labels: LabelMap["labels"];
  readonly prediction: Prediction;
  /** The share of right pixels in what the model gives at last. */
  readonly accuracy?: number;
}

/** A section of pictures, each as photograph, ground truth, network, CRF where there is one, and errors. Nothing where there are no pictures. */
export function drawPictures(
  title: string,
  pictures: readonly Picture[],
  classes: readonly string[],
  palette: readonly Color[],
): Markup | undefined {
  if (pictures.length === 0) return undefined;
  const maps = pictures.flatMap(({ labels, prediction: { network, crf } }) => [labels, network, crf ?? network]);
  const shown = new Set(maps.flatMap((map) => [...new Set(map)]));
  const names = [...classes.entries(), [255, "void"] as const].filter(([label]) => shown.has(label));
  const refined = pictures.some(({ prediction }) => prediction.crf);
  const { wrong, mended, spoiled, both } = errorColors;
  return html`<section>
    <h2>${title}</h2>
    <p class="key">${names.map(([label, name]) => keyOf(palette[label]!, name))}</p>
    <p class="key">
      Errors: ${(refined ? [mended, spoiled, both] : [wrong]).map(({ color, name }) => keyOf(color, name))}
    </p>
    ${pictures.map((picture) => drawPicture(picture, palette))}
  </section>`;
}

/** A swatch with its word, which stay on one line. */
const keyOf = ([red, green, blue]: Color, name: string): Markup =>
  html`<span><i style="background: rgb(${red}, ${green}, ${blue})"></i>${name}</span>`;

function drawPicture({ id, image, labels, prediction, accuracy }: Picture, palette: readonly Color[]): Markup {
  const { height, width, values } = image;
  const map = (values: LabelMap["labels"]): Uint8Array => encodeLabelPng({ height, width, labels: values, palette });
  const shown: [string, Uint8Array][] = [
    ["photograph", encodeRgbPng(height, width, Uint8Array.from(values))],
    ["ground truth", map(labels)],
    ["network", map(prediction.network)],
    ...(prediction.crf ? [["network + CRF", map(prediction.crf)] satisfies [string, Uint8Array]] : []),
    ["errors", encodeRgbPng(height, width, drawErrors(image, labels, prediction))],
  ];
  return html`<div class="picture">
    <h3>${id}${accuracy === undefined ? undefined : html` · ${(100 * accuracy).toFixed(1)} % right`}</h3>
    <div class="row">${shown.map(([title, png]) => drawView(id, title, png))}</div>
  </div>`;
}

/** One view of a picture; a tap or a click fills the screen with it, and another gives it back, without a script. */
export const drawView = (id: string, title: string, png: Uint8Array): Markup =>
  html`<label class="view"
    ><input type="checkbox" /><img src="${dataUrl("image/png", png)}" alt="${id}, ${title}" /><span
      >${title}</span
    ></label
  >`;
