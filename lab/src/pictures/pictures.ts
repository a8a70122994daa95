import { pictures } from "virtual:pictures";

/** A picture that comes along, at most 640 pixels wide and high. */
export interface Picture {
  readonly name: string;
  readonly title: string;
  /** Who made it, and when. */
  readonly by: string;
  /** The page of the museum that publishes it. */
  readonly source?: string;
  /** Its license by the SPDX list. */
  readonly license: string;
  readonly width: number;
  readonly height: number;
  readonly url: string;
  /** A small picture for lists, at most 160 pixels wide and high. */
  readonly preview: string;
  /** The class of every pixel, for a picture that was drawn: the names, and a gray PNG whose values are the labels. */
  readonly truth?: { readonly classes: readonly string[]; readonly url: string };
}

/** Photographs first, then what is drawn, in color. */
export { pictures };
