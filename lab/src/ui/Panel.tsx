import type { ComponentChildren, JSX } from "preact";
import { Icon } from "./Icon.tsx";
import "./Panel.css";

interface PanelProps {
  readonly title: string;
  /** Whether it is open at first. Default: it is. */
  readonly open?: boolean;
  /** What is said beside the title, also while it is closed. */
  readonly aside?: ComponentChildren;
  readonly children: ComponentChildren;
}

/** A part of the controls under a title, which can be folded away. */
export function Panel({ title, open = true, aside, children }: PanelProps): JSX.Element {
  return (
    <details class="panel" open={open}>
      <summary>
        <h2>{title}</h2>
        {aside && <span class="panel-aside">{aside}</span>}
        <Icon name="down" size={16} />
      </summary>
      <div class="panel-body">{children}</div>
    </details>
  );
}
