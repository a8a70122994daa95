import type { JSX } from "preact";
import { useId, useRef } from "preact/hooks";
import { Icon, type IconName } from "./Icon.tsx";
import "./Popup.css";
import "./Menu.css";

interface MenuProps {
  readonly label: string;
  readonly icon?: IconName;
  readonly disabled?: boolean;
  readonly items: readonly {
    readonly label: string;
    /** A few words on what comes of it. */
    readonly detail?: string;
    readonly icon?: IconName;
    readonly disabled?: boolean;
    readonly run: () => void;
  }[];
}

/** A button that opens a list of things to do. Arrow keys, Home, End and first letters go through it; Escape closes it. */
export function Menu({ label, icon, disabled = false, items }: MenuProps): JSX.Element {
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const list = useRef<HTMLDivElement>(null);

  const entries = (): HTMLButtonElement[] => [
    ...list.current!.querySelectorAll<HTMLButtonElement>("[role=menuitem]:enabled"),
  ];
  const toggled = ({ newState }: { readonly newState: string }): void => {
    if (newState === "open") entries()[0]?.focus();
  };
  const place = ({ newState }: { readonly newState: string }): void => {
    if (newState !== "open") return;
    const { left, right, bottom, top } = button.current!.getBoundingClientRect();
    const { style } = list.current!;
    // Below the button where there is room, and at its end where the page ends.
    const [below, rightward] = [bottom < 0.6 * innerHeight, left < 0.5 * innerWidth];
    style.inset = "auto";
    style[below ? "top" : "bottom"] = `${below ? bottom + 4 : innerHeight - top + 4}px`;
    style[rightward ? "left" : "right"] = `${rightward ? left : document.documentElement.clientWidth - right}px`;
  };
  const key = (event: KeyboardEvent): void => {
    const all = entries();
    const now = all.indexOf(document.activeElement as HTMLButtonElement);
    const to = { ArrowDown: now + 1, ArrowUp: now - 1, Home: 0, End: -1 }[event.key];
    const letter = event.key.length === 1 ? event.key.toLowerCase() : undefined;
    const starting = [...all.slice(now + 1), ...all].find(
      ({ textContent }) => letter !== undefined && textContent.trim().toLowerCase().startsWith(letter),
    );
    const next = to === undefined ? starting : all.at(to % all.length);
    if (event.key === "Tab") list.current!.hidePopover();
    if (!next) return;
    event.preventDefault();
    next.focus();
  };

  return (
    <>
      <button
        ref={button}
        class="button button-plain"
        type="button"
        popovertarget={id}
        aria-haspopup="menu"
        disabled={disabled}
      >
        {icon && <Icon name={icon} />}
        <span>{label}</span>
        <Icon name="down" size={14} />
      </button>
      <div
        ref={list}
        class="popup menu"
        id={id}
        popover="auto"
        role="menu"
        aria-label={label}
        onBeforeToggle={place}
        onToggle={toggled}
        onKeyDown={key}
      >
        {items.map((item) => (
          <button
            key={item.label}
            type="button"
            role="menuitem"
            tabIndex={-1}
            disabled={item.disabled}
            onClick={() => {
              list.current!.hidePopover();
              item.run();
            }}
          >
            {item.icon && <Icon name={item.icon} />}
            <span>
              {item.label}
              {item.detail && <span class="menu-detail">{item.detail}</span>}
            </span>
          </button>
        ))}
      </div>
    </>
  );
}
