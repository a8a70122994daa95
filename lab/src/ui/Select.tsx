import type { JSX } from "preact";
import { useId } from "preact/hooks";
import { Field, hintOf } from "./Field.tsx";
import { Icon } from "./Icon.tsx";
import "./Select.css";

interface SelectProps<Value extends string> {
  readonly label: string;
  readonly options: readonly { readonly value: Value; readonly label: string; readonly disabled?: boolean }[];
  readonly value: Value;
  readonly onChange: (value: Value) => void;
  readonly hint?: string;
  readonly disabled?: boolean;
}

/** One of many, by the browser's own list. */
export function Select<Value extends string>({
  label,
  options,
  value,
  onChange,
  hint,
  disabled = false,
}: SelectProps<Value>): JSX.Element {
  const id = useId();
  return (
    <Field id={id} label={label} hint={hint}>
      <div class="select">
        <select
          class="entry"
          id={id}
          value={value}
          disabled={disabled}
          aria-describedby={hintOf(id, hint)}
          onChange={({ currentTarget }) => onChange(currentTarget.value as Value)}
        >
          {options.map((option) => (
            <option key={option.value} value={option.value} disabled={option.disabled}>
              {option.label}
            </option>
          ))}
        </select>
        <Icon name="down" size={16} />
      </div>
    </Field>
  );
}
