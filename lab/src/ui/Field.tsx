import type { ComponentChildren, JSX } from "preact";
import "./Field.css";

interface FieldProps {
  /** The control's own id. */
  readonly id: string;
  readonly label: string;
  /** One sentence that says what it does; the control names it by `aria-describedby={hintOf(id)}`. */
  readonly hint?: string;
  /** What stands at the end of the label's line. */
  readonly aside?: ComponentChildren;
  readonly children: ComponentChildren;
}

export const hintOf = (id: string, hint: string | undefined): string | undefined => hint && `${id}-hint`;

/** The frame that controls share: the label above, the sentence below. */
export function Field({ id, label, hint, aside, children }: FieldProps): JSX.Element {
  return (
    <div class="field">
      <div class="field-line">
        <label class="field-label" for={id}>
          {label}
        </label>
        {aside}
      </div>
      {children}
      {hint && (
        <p class="hint" id={hintOf(id, hint)}>
          {hint}
        </p>
      )}
    </div>
  );
}
