import type { JSX } from "preact";
import { RemainderMark } from "../Mark.tsx";
import { coordinates, shown } from "../numbers.ts";
import { chosen, parameters, plane, step, steps } from "../state.ts";
import { alpha, collected, corners, type PlaneCorner } from "./corners.ts";

/** The columns of the table at a step, behind the vertex itself. */
interface Column {
  readonly title: string;
  readonly of: (corner: PlaneCorner) => string;
}

const held = (value: number | undefined): string => (value === undefined ? "none" : shown(value));

function columnsOf(index: number, own: number): readonly Column[] {
  const weight: Column = { title: "weight", of: ({ weight }) => shown(weight) };
  if (index === 0) return [{ title: "coordinates", of: (corner) => coordinates(corner.coordinates) }, weight];
  if (index === 1) {
    return [
      weight,
      { title: "is given", of: (corner) => shown(corner.weight * own) },
      { title: "holds", of: (corner) => shown(corner.held[0]!) },
    ];
  }
  if (index < 5) {
    const axis = index - 2;
    return [
      { title: "own", of: (corner) => shown(corner.held[axis]!) },
      { title: "neighbors", of: (corner) => corner.beside[axis]!.map(held).join(", ") },
      { title: "holds", of: (corner) => shown(corner.held[axis + 1]!) },
    ];
  }
  return [
    weight,
    { title: "holds", of: (corner) => shown(corner.held[3]!) },
    { title: "product", of: (corner) => shown(corner.weight * corner.held[3]!) },
  ];
}

/** The three vertices of the chosen pixel in numbers, as the step on view needs them. */
export function Simplex(): JSX.Element {
  const index = steps.indexOf(step.value);
  const now = collected.value;
  const columns = columnsOf(index, now?.own ?? 0);
  const rows = corners.value;
  const { x, y } = chosen.value;
  const bandwidth = plane.value?.bandwidth ?? parameters.value.theta;
  return (
    <div class="inside-simplex">
      <p>
        Its features are <span class="inside-number">x/θγ = {shown(x / bandwidth, 2)}</span> and{" "}
        <span class="inside-number">y/θγ = {shown(y / bandwidth, 2)}</span>.
      </p>
      <table class="inside-table">
        <caption class="unseen">The vertices of the chosen pixel’s simplex</caption>
        <thead>
          <tr>
            <th scope="col">vertex</th>
            {columns.map(({ title }) => (
              <th key={title} scope="col">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {[0, 1, 2].map((r) => (
            <tr key={r} data-remainder={r}>
              <th scope="row">
                <RemainderMark remainder={r} />
              </th>
              {columns.map(({ title, of }) => (
                <td key={title}>{rows[r] ? of(rows[r]) : "–"}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <Sum index={index} />
    </div>
  );
}

/** The line below the table: what its numbers come to. */
function Sum({ index }: { readonly index: number }): JSX.Element {
  const now = collected.value;
  const isNormalized = parameters.value.normalized;
  if (!now) return <p class="inside-sum">–</p>;
  if (index === 0) return <p class="inside-sum">The weights add up to 1. The pixel carries {shown(now.own)}.</p>;
  if (index === 1)
    return <p class="inside-sum">The pixel carries {shown(now.own)}; other pixels give to its vertices, too.</p>;
  if (index < 5) return <p class="inside-sum">A vertex holds own + ½ · (one neighbor + the other).</p>;
  return (
    <p class="inside-sum">
      The sum is {shown(now.sum)}; times α = {shown(alpha, 1)} it is <strong data-result>{shown(now.plain)}</strong>.
      The exact sum of Gaussians is <span data-exact>{shown(now.exact)}</span>.
      {isNormalized && (
        <>
          {" "}
          Normalized it is <strong data-normalized>{shown(now.normalized)}</strong>, exactly{" "}
          <span>{shown(now.exactNormalized)}</span>.
        </>
      )}
    </p>
  );
}
