import type { ComponentChildren, JSX } from "preact";
import "./Figures.css";

interface FiguresProps {
  /** What was measured or counted; a value that is not there yet is a dash, which keeps its place. */
  readonly items: readonly {
    readonly label: string;
    readonly value: ComponentChildren;
    readonly unit?: string;
  }[];
}

/** Numbers beside the picture: milliseconds, vertices, memory. */
export function Figures({ items }: FiguresProps): JSX.Element {
  return (
    <dl class="figures">
      {items.map(({ label, value, unit }) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>
            {value ?? "–"}
            {unit && value !== undefined && <span> {unit}</span>}
          </dd>
        </div>
      ))}
    </dl>
  );
}
