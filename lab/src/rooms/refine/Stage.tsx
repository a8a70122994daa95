import { useSignalEffect } from "@preact/signals";
import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { Lattice } from "../../ui/Lattice.tsx";
import { Caption } from "./Caption.tsx";
import { hand } from "./hand.ts";
import { parameters } from "./parameters.ts";
import { brush, classes, drawing, drawn, painting, picture, result, stale, tool, shownLabels } from "./state.ts";
import { tintConfidence, tintDifference, tintDrawing, tintLabels } from "./tint.ts";
import { cross, pen, place, reset, zoom } from "./view.ts";
import { Wipe } from "./Wipe.tsx";
import { Zoom } from "./Zoom.tsx";
import "./Stage.css";

/** How opaque the result lies over the photograph. */
const opacity = 0.55;

/** The picture, in layers: the photograph, what is found, what is drawn, and the pen above them. */
export function Stage(): JSX.Element {
  const shown = picture.value;
  return (
    <div class="refine-stage">
      {shown ? <Layers key={shown.id} width={shown.width} height={shown.height} /> : <Lattice />}
      <Caption />
      <Zoom />
    </div>
  );
}

const keep = (element: HTMLElement | null): void => {
  place.box = element ?? undefined;
};

function Layers({ width, height }: { readonly width: number; readonly height: number }): JSX.Element {
  const photograph = useRef<HTMLCanvasElement>(null);
  const found = useRef<HTMLCanvasElement>(null);
  const strokes = useRef<HTMLCanvasElement>(null);
  const waiting = useRef(0);
  const { view, wipe, strokes: wanted } = parameters.value;

  useSignalEffect(() => {
    reset();
    const { shown } = picture.value!;
    const canvas = photograph.current!;
    const { width: across, height: down } = shown as OffscreenCanvas;
    [canvas.width, canvas.height] = [across, down];
    canvas.getContext("2d")!.drawImage(shown, 0, 0);
    stale.value = drawing.peek().whole;
  });
  useSignalEffect(() => {
    const { view: look } = parameters.value;
    const [canvas, all, answer] = [found.current!, classes.value, result.value];
    const colors = all.map(({ rgb }) => rgb);
    const seen = shownLabels.value;
    if (!answer || !seen || answer.picture !== picture.peek()?.id || answer.labels.length !== width * height) {
      canvas.getContext("2d")!.clearRect(0, 0, width, height);
      return;
    }
    const { labels } = seen;
    if (look === "result") tintLabels(canvas, labels, colors, opacity);
    if (look === "confidence") tintConfidence(canvas, answer.confidence, answer.classes);
    if (look === "difference") tintDifference(canvas, answer.before, labels, colors);
  });
  // What was drawn since the last frame is painted with the next, so that the pen never waits.
  useSignalEffect(() => {
    void [drawn.value, classes.value];
    if (waiting.current) return;
    waiting.current = requestAnimationFrame(() => {
      waiting.current = 0;
      const area = stale.peek();
      stale.value = undefined;
      const { labels } = drawing.peek();
      if (!area || !strokes.current || labels.length !== width * height) return;
      tintDrawing(
        strokes.current,
        labels,
        classes.peek().map(({ rgb }) => rgb),
        area,
      );
    });
  });

  const overlaid = view === "result" || view === "confidence" || view === "difference";
  const wiped = overlaid && wipe > 0;
  const always = view === "drawing" || painting.value || (view === "result" && wanted);
  const style = {
    "--ratio": width / height,
    "--wipe": `${wipe}%`,
    "--zoom": zoom.value.factor,
    "--x": `${zoom.value.x}px`,
    "--y": `${zoom.value.y}px`,
    "--pen": brush.value / width,
  };
  return (
    <div
      class="refine-picture"
      role="application"
      aria-label="The picture, to draw on"
      aria-roledescription="drawing"
      aria-describedby="refine-help"
      tabIndex={0}
      data-view={view}
      data-zoomed={zoom.value.factor >= 3}
      data-tool={tool.value}
      style={style}
      ref={keep}
      {...hand}
    >
      <canvas class="refine-photograph" ref={photograph} />
      <canvas class="refine-found" ref={found} width={width} height={height} data-shown={overlaid} data-wiped={wiped} />
      <canvas
        class="refine-strokes"
        ref={strokes}
        width={width}
        height={height}
        data-shown={always || wiped}
        data-left={wiped && !always}
      />
      <Pen width={width} height={height} />
      {wiped && <Wipe />}
    </div>
  );
}

/** A ring as large as the pen, where the pointer or the crosshair is. */
function Pen({ width, height }: { readonly width: number; readonly height: number }): JSX.Element | null {
  const at = cross.value ?? pen.value;
  if (!at) return null;
  return (
    <div
      class="refine-pen"
      data-cross={cross.value !== undefined}
      style={{ left: `${(100 * at.x) / width}%`, top: `${(100 * at.y) / height}%` }}
    />
  );
}
