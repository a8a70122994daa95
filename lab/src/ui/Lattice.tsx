import type { JSX } from "preact";
import { useId } from "preact/hooks";
import "./Lattice.css";

/** The triangular (A₂) lattice in thin lines, behind a place that is empty yet. */
export function Lattice(): JSX.Element {
  const id = useId();
  // A cell of the pattern: two rows of triangles with sides of 48.
  const [side, height] = [48, 48 * Math.sqrt(3)];
  const lines = `M0 0H${side}M0 ${height / 2}H${side}M0 0L${side} ${height}M${side} 0L0 ${height}`;
  return (
    <svg class="lattice" aria-hidden="true">
      <pattern id={id} width={side} height={height} patternUnits="userSpaceOnUse">
        <path d={lines} fill="none" stroke="currentColor" stroke-width="1" />
      </pattern>
      <rect width="100%" height="100%" fill={`url(#${id})`} />
    </svg>
  );
}
