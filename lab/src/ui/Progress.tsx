import type { JSX } from "preact";
import { Button } from "./Button.tsx";
import "./Progress.css";

interface ProgressProps {
  readonly label: string;
  /** The share that is done, 0…1; undefined where nobody knows. */
  readonly value?: number;
  /** What is being done now. */
  readonly detail?: string;
  readonly onCancel?: () => void;
}

/** How far a long work is. */
export function Progress({ label, value, detail, onCancel }: ProgressProps): JSX.Element {
  const percent = value === undefined ? undefined : Math.round(100 * Math.min(Math.max(value, 0), 1));
  return (
    <div class="progress">
      <div class="progress-line">
        <span>{label}</span>
        <span class="progress-detail">{detail ?? (percent === undefined ? "" : `${percent} %`)}</span>
      </div>
      <div
        class="progress-track"
        role="progressbar"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={percent}
        aria-valuetext={detail}
        data-unknown={percent === undefined}
        style={{ "--part": (percent ?? 100) / 100 }}
      />
      {onCancel && (
        <Button look="quiet" icon="stop" onClick={onCancel}>
          Stop
        </Button>
      )}
    </div>
  );
}
