import type { JSX } from "preact";
import { cssColor, type Rgb } from "../style/classes.ts";
import "./Swatch.css";

/** The color of a class beside its name. */
export function Swatch({ rgb }: { readonly rgb: Rgb }): JSX.Element {
  return <span class="swatch" style={{ "--swatch": cssColor(rgb) }} aria-hidden="true" />;
}
