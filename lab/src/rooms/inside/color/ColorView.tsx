import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { Figures } from "../../../ui/Figures.tsx";
import { Panel } from "../../../ui/Panel.tsx";
import { Segmented } from "../../../ui/Segmented.tsx";
import { Slider } from "../../../ui/Slider.tsx";
import { Drawing, fit } from "../Drawing.tsx";
import { Lesson } from "../Lesson.tsx";
import { RemainderMark } from "../Mark.tsx";
import { coordinates, counted, percent, shown } from "../numbers.ts";
import { Pickable } from "../Pickable.tsx";
import { change, chosen, defaults, footprint, parameters, picture, size } from "../state.ts";
import { drawFootprint } from "./drawFootprint.ts";
import { drawProjection } from "./drawProjection.ts";
import { brightest, comparison } from "./figures.ts";
import type { FilterName } from "./footprint.ts";
import { Hexagon } from "./Hexagon.tsx";

/** The pixel under the pointer. */
const hovered = signal<{ readonly x: number; readonly y: number } | undefined>(undefined);

const draws = { shares: drawFootprint("shares"), exact: drawFootprint("exact") };

const lessons: Readonly<Record<FilterName, { readonly title: string; readonly text: string }>> = {
  bilateral: {
    title: "It stops at edges",
    text: "Features are position and color: a pixel receives from what is near in the picture and alike in color. Of five dimensions nobody can see the lattice, but one can see its footprint, the row of K that belongs to one pixel, beside that of the exact Gaussian.",
  },
  spatial: {
    title: "It knows no edges",
    text: "Features are position alone: a pixel receives from all that is near, whatever its color. The footprint is made of straight pieces, since the filter is linear in each triangle of the lattice.",
  },
};

export function ColorStage(): JSX.Element {
  const { x, y } = chosen.value;
  const common = comparison.value ? percent(comparison.value.common) : "";
  const panel = (kind: "shares" | "exact", title: string): JSX.Element => (
    <figure>
      <Pickable
        label={`What the chosen pixel receives from where, ${title}`}
        status={kind === "shares" ? `Column ${x}, row ${y}: ${common} in common with the exact Gaussian.` : ""}
        keys="Arrow keys choose another pixel, with Shift ten pixels further."
        place={(box) => picture.peek() && fit(picture.peek()!, box, 0)}
        onHover={(at) => (hovered.value = at)}
      >
        <Drawing draw={draws[kind]} />
      </Pickable>
      <figcaption>{title}</figcaption>
    </figure>
  );
  return (
    <div class="inside-pair">
      <div style={{ "--ratio": size.value.width / size.value.height }}>
        {panel("shares", "by the lattice")}
        {panel("exact", "by the exact Gaussian")}
      </div>
    </div>
  );
}

export function ColorTools(): JSX.Element {
  return (
    <Segmented<FilterName>
      label="Filter"
      unlabeled
      options={[
        { value: "bilateral", label: "Bilateral filter" },
        { value: "spatial", label: "Spatial filter" },
      ]}
      value={parameters.value.filter}
      onChange={(value) => change({ filter: value, corner: -1 })}
    />
  );
}

/** The scale of the footprints, and the numbers of one pixel. */
export function ColorBelow(): JSX.Element {
  const now = footprint.value;
  const { x, y } = hovered.value ?? chosen.value;
  const pixel = y * (picture.value?.width ?? 0) + x;
  const of = (values: ArrayLike<number> | undefined): string => (values ? percent(values[pixel] ?? 0) : "–");
  return (
    <div class="inside-legend">
      <span class="inside-scale">
        0 %<i aria-hidden="true" />
        {now ? percent(brightest.value) : "–"}
      </span>
      <span>
        x {x}, y {y}: <b>{of(now?.shares)}</b> by the lattice, <b>{of(now?.exact)}</b> exactly
      </span>
    </div>
  );
}

export function ColorLesson(): JSX.Element {
  const all = Object.entries(lessons).map(([name, lesson]) => ({ name, ...lesson }));
  return <Lesson all={all} now={parameters.value.filter} />;
}

export function ColorControls(): JSX.Element {
  const { filter, alpha, beta, gamma } = parameters.value;
  const now = footprint.value;
  const compared = comparison.value;
  const corner = now?.corners[parameters.value.corner];
  return (
    <>
      <Panel title="Bandwidths">
        {filter === "bilateral" ? (
          <>
            <Slider
              label="Position θα"
              unit="px"
              value={alpha}
              onInput={(value) => change({ alpha: value })}
              usual={defaults.alpha}
              min={1}
              max={400}
              scale="log"
              hint="Says how far the bilateral filter reaches in the picture."
            />
            <Slider
              label="Color θβ"
              value={beta}
              onInput={(value) => change({ beta: value })}
              usual={defaults.beta}
              min={1}
              max={128}
              scale="log"
              hint="Says how many color levels apart two pixels may be and still be alike."
            />
          </>
        ) : (
          <Slider
            label="Position θγ"
            unit="px"
            value={gamma}
            onInput={(value) => change({ gamma: value })}
            usual={defaults.gamma}
            min={1}
            max={64}
            scale="log"
            hint="Says how far the spatial filter reaches in the picture."
          />
        )}
        <Figures
          items={[
            { label: "In common", value: compared && percent(compared.common) },
            { label: "Vertices", value: now && counted(now.vertices) },
            { label: "Reached by the blur", value: now && counted(now.reached) },
            { label: "Spread, lattice", value: compared && counted(Math.round(compared.pixels)), unit: "px" },
            { label: "Spread, exact", value: compared && counted(Math.round(compared.exactPixels)), unit: "px" },
          ]}
        />
        <p class="hint">
          In common is the share that comes from the same pixels in both. The spread is how many pixels of equal share
          would be as concentrated.
        </p>
      </Panel>
      <Panel title="The pixel’s simplex" aside={`x ${chosen.value.x}, y ${chosen.value.y}`}>
        <Hexagon footprint={now} />
        <Corners />
        <p class="hint inside-corner-text">
          {corner
            ? `Vertex ${corner.remainder} has the coordinates ${coordinates(corner.coordinates)}; the pixels in whose simplex it is, too, are marked. `
            : ""}
          The pixel gives to these {now ? now.dimensions + 1 : 6} vertices and collects from them, by their weights.
          Press a vertex to see the pixels in whose simplex it is, too: what they give, the pixel receives without any
          blur.
        </p>
      </Panel>
      {filter === "bilateral" && (
        <Panel title="One row, from the side">
          <div class="inside-projection" role="img" aria-label={describeProjection()}>
            <Drawing draw={drawProjection} />
          </div>
          <p class="hint">
            The pixels of row {chosen.value.y}: position x/θα across, brightness divided by θβ upwards. Filled pixels
            are those from which the chosen one receives; small dots are vertices, large ones those of its simplex.
            Three dimensions of color are pressed into one here, so that what looks near may be far.
          </p>
        </Panel>
      )}
    </>
  );
}

const describeProjection = (): string =>
  `The pixels of row ${chosen.value.y} by position and brightness, with the vertices around them.`;

function Corners(): JSX.Element {
  const now = footprint.value;
  const pressed = parameters.value.corner;
  const count = now ? now.corners.length : parameters.value.filter === "spatial" ? 3 : 6;
  return (
    <table class="inside-table">
      <caption class="unseen">The vertices of the chosen pixel’s simplex</caption>
      <thead>
        <tr>
          <th scope="col">vertex</th>
          <th scope="col">weight</th>
          <th scope="col">pixels</th>
          <th scope="col">neighbors</th>
        </tr>
      </thead>
      <tbody>
        {Array.from({ length: count }, (_, r) => {
          const corner = now?.corners[r];
          const beside = corner?.neighbors.reduce((sum, one) => sum + one, 0);
          return (
            <tr key={r} data-remainder={r}>
              <th scope="row">
                <button
                  type="button"
                  class="inside-corner"
                  aria-pressed={pressed === r}
                  aria-label={`Vertex ${r}: show its pixels`}
                  title={corner && coordinates(corner.coordinates)}
                  onClick={() => change({ corner: pressed === r ? -1 : r })}
                >
                  <RemainderMark remainder={r} />
                </button>
              </th>
              <td>
                <span class="inside-bar" style={{ "--part": corner?.weight ?? 0 }}>
                  {corner ? shown(corner.weight) : "–"}
                </span>
              </td>
              <td>{corner ? counted(corner.pixels.length) : "–"}</td>
              <td>{corner ? `${beside} of ${2 * corner.neighbors.length}` : "–"}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
