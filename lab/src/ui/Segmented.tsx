import type { JSX } from "preact";
import { useId } from "preact/hooks";
import { hintOf } from "./Field.tsx";
import { Icon, type IconName } from "./Icon.tsx";
import "./Segmented.css";

interface SegmentedProps<Value extends string> {
  readonly label: string;
  readonly options: readonly {
    readonly value: Value;
    readonly label: string;
    readonly icon?: IconName;
    readonly disabled?: boolean;
  }[];
  readonly value: Value;
  readonly onChange: (value: Value) => void;
  readonly hint?: string;
  /** Whether the label is for screen readers alone. */
  readonly unlabeled?: boolean;
}

/** One of a few, side by side. They are radio buttons: arrow keys go from one to the next. */
export function Segmented<Value extends string>({
  label,
  options,
  value,
  onChange,
  hint,
  unlabeled = false,
}: SegmentedProps<Value>): JSX.Element {
  const id = useId();
  return (
    <fieldset class="field" aria-describedby={hintOf(id, hint)}>
      <legend class={unlabeled ? "unseen" : "field-label"}>{label}</legend>
      <div class="segmented">
        {options.map((option) => (
          <label key={option.value} class="segment">
            <input
              type="radio"
              name={id}
              value={option.value}
              checked={option.value === value}
              disabled={option.disabled}
              onChange={() => onChange(option.value)}
            />
            <span>
              {option.icon && <Icon name={option.icon} size={16} />}
              {option.label}
            </span>
          </label>
        ))}
      </div>
      {hint && (
        <p class="hint" id={hintOf(id, hint)}>
          {hint}
        </p>
      )}
    </fieldset>
  );
}
