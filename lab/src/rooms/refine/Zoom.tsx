import type { JSX } from "preact";
import { Button } from "../../ui/Button.tsx";
import { mostZoom, reset, zoom, zoomBy } from "./view.ts";

const step = 1.5;

/** Enlarges the picture. */
export function Zoom(): JSX.Element {
  const { factor } = zoom.value;
  return (
    <div class="refine-zoom" role="group" aria-label="Size of the picture">
      <Button look="quiet" icon="remove" label="Smaller" disabled={factor <= 1} onClick={() => zoomBy(1 / step)} />
      <button class="refine-zoom-whole" type="button" title="Show the whole picture" onClick={reset}>
        {Math.round(factor * 100)} %
      </button>
      <Button look="quiet" icon="add" label="Larger" disabled={factor >= mostZoom} onClick={() => zoomBy(step)} />
    </div>
  );
}
