import type { ComponentChildren, JSX } from "preact";
import "./Workbench.css";

interface WorkbenchProps {
  /** What the controls are for, to screen readers. */
  readonly label: string;
  /** The picture; it has all the room there is, and stays on view while the controls are scrolled. */
  readonly stage: ComponentChildren;
  /** A row of tools above the picture. */
  readonly tools?: ComponentChildren;
  /** A row below the picture, for what goes with it: a scrubber, a legend. */
  readonly below?: ComponentChildren;
  readonly controls: ComponentChildren;
}

/** The layout of a room: the picture, and the controls beside it, or under it where the page is narrow. */
export function Workbench({ label, stage, tools, below, controls }: WorkbenchProps): JSX.Element {
  return (
    <div class="workbench">
      <div class="workbench-view">
        {tools && <div class="workbench-tools">{tools}</div>}
        <div class="workbench-stage">{stage}</div>
        {below && <div class="workbench-below">{below}</div>}
      </div>
      <section class="workbench-controls" aria-label={label}>
        {controls}
      </section>
    </div>
  );
}
