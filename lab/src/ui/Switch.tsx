import type { JSX } from "preact";
import { useId } from "preact/hooks";
import { hintOf } from "./Field.tsx";
import "./Switch.css";

interface SwitchProps {
  readonly label: string;
  readonly value: boolean;
  readonly onChange: (value: boolean) => void;
  readonly hint?: string;
  readonly disabled?: boolean;
}

/** On or off. */
export function Switch({ label, value, onChange, hint, disabled = false }: SwitchProps): JSX.Element {
  const id = useId();
  return (
    <div class="field">
      <label class="switch">
        <span class="field-label">{label}</span>
        <input
          type="checkbox"
          role="switch"
          checked={value}
          disabled={disabled}
          aria-describedby={hintOf(id, hint)}
          onChange={({ currentTarget }) => onChange(currentTarget.checked)}
        />
      </label>
      {hint && (
        <p class="hint" id={hintOf(id, hint)}>
          {hint}
        </p>
      )}
    </div>
  );
}
