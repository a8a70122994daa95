import type { ComponentChildren, JSX } from "preact";
import { Icon, type IconName } from "./Icon.tsx";
import "./Button.css";

interface ButtonProps {
  /** `primary` for the one thing to do next, `quiet` where many stand together. */
  readonly look?: "primary" | "plain" | "quiet";
  readonly icon?: IconName;
  /** What it does, where an icon stands alone or the words on it do not say. */
  readonly label?: string;
  /** For a button that stays down: whether it is. */
  readonly pressed?: boolean;
  readonly disabled?: boolean;
  readonly onClick?: (event: MouseEvent) => void;
  /** Keys that do the same, as `aria-keyshortcuts` has them, such as `Control+Z`. */
  readonly keys?: string;
  readonly children?: ComponentChildren;
}

/** A button with words, an icon, or both. */
export function Button({
  look = "plain",
  icon,
  label,
  pressed,
  disabled = false,
  onClick,
  keys,
  children,
}: ButtonProps): JSX.Element {
  const alone = children === undefined;
  return (
    <button
      type="button"
      class={`button button-${look}${alone ? " button-icon" : ""}`}
      aria-label={label}
      aria-pressed={pressed}
      aria-keyshortcuts={keys}
      title={alone ? label : undefined}
      disabled={disabled}
      onClick={onClick}
    >
      {icon && <Icon name={icon} />}
      {!alone && <span>{children}</span>}
    </button>
  );
}
