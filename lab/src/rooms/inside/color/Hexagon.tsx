import type { JSX } from "preact";
import { percent } from "../numbers.ts";
import type { Footprint } from "./footprint.ts";

const [width, height, radius] = [300, 236, 84];

/** A simplex, its corners in a ring, each as large as its weight; the pixel lies where the weights draw it. */
export function Hexagon({ footprint }: { readonly footprint: Footprint | undefined }): JSX.Element {
  const corners = footprint?.corners ?? [];
  const count = corners.length || 6;
  const places = Array.from({ length: count }, (_, r) => {
    const angle = -Math.PI / 2 + (2 * Math.PI * r) / count;
    return [width / 2 + radius * Math.cos(angle), height / 2 + radius * Math.sin(angle)] as const;
  });
  const inner = [0, 1].map((i) => corners.reduce((sum, { weight }, r) => sum + weight * places[r]![i]!, 0)) as [
    number,
    number,
  ];
  const edges = places.flatMap((from, r) => places.slice(r + 1).map((to) => `M${from.join(" ")}L${to.join(" ")}`));
  const label = `The simplex of the pixel: ${corners.map(({ weight }, r) => `vertex ${r} has ${percent(weight)}`).join(", ")}.`;
  return (
    <svg class="inside-hexagon" viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label}>
      <path class="hexagon-edges" d={edges.join("")} />
      {corners.map(({ weight }, r) => (
        <path
          key={`way${r}`}
          class="hexagon-way"
          d={`M${inner.join(" ")}L${places[r]!.join(" ")}`}
          stroke-width={0.5 + 9 * weight}
        />
      ))}
      {corners.map(({ remainder, weight }, r) => {
        const [x, y] = places[r]!;
        const [dx, dy] = [(x - width / 2) / radius, (y - height / 2) / radius];
        return (
          <g key={r} data-remainder={remainder}>
            <circle class="hexagon-vertex" cx={x} cy={y} r={6 + 17 * Math.sqrt(weight)} />
            <text class="hexagon-name" x={x} y={y + 4.5}>
              {remainder}
            </text>
            <text class="hexagon-weight" x={x + dx * 44 + (Math.abs(dx) > 0.1 ? dx * 4 : 30)} y={y + dy * 22 + 4}>
              {weight.toFixed(2)}
            </text>
          </g>
        );
      })}
      {corners.length > 0 && <circle class="hexagon-pixel" cx={inner[0]} cy={inner[1]} r={6} />}
    </svg>
  );
}
