import { photographs } from "virtual:photographs";

/** A photograph that comes along, at most 640 pixels wide and high. */
export interface Photograph {
  readonly name: string;
  readonly title: string;
  /** Who took it, and when. */
  readonly by: string;
  /** The page of the museum that publishes it. */
  readonly source: string;
  /** Its license by the SPDX list. */
  readonly license: string;
  readonly width: number;
  readonly height: number;
  readonly url: string;
  /** A small picture for lists, at most 160 pixels wide and high. */
  readonly preview: string;
}

export { photographs };
