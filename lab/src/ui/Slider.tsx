import type { JSX } from "preact";
import { useId, useState } from "preact/hooks";
import { Button } from "./Button.tsx";
import { Field, hintOf } from "./Field.tsx";
import { type Range, positionOf, round, textOf, valueAt } from "./range.ts";
import "./Reset.css";
import "./Slider.css";

interface SliderProps extends Range {
  readonly label: string;
  readonly value: number;
  readonly onInput: (value: number) => void;
  /** What the reset button goes back to, marked on the track. */
  readonly usual: number;
  /** One sentence that says what it does. */
  readonly hint: string;
  /** As it stands behind the number, such as `px` or `%`. */
  readonly unit?: string;
  readonly disabled?: boolean;
}

/** How finely the track is divided, and how far an arrow key goes on it. */
const [whole, nudge] = [1000, 10];

/**
 * A number on a track, linear or logarithmic, to be dragged, to be nudged by arrow keys (Page Up and Down go ten times as far), or to be
 * entered as text.
 */
export function Slider(props: SliderProps): JSX.Element {
  const { label, value, onInput, usual, hint, unit = "", disabled = false } = props;
  const id = useId();
  const position = Math.round(positionOf(value, props) * whole);

  const move = (event: KeyboardEvent): void => {
    const steps = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 10, PageDown: -10 }[event.key];
    if (steps === undefined) return;
    event.preventDefault();
    onInput(nudged(value, steps, props));
  };

  const aside = (
    <span class="slider-aside">
      <span class="reset" data-shown={value !== usual}>
        <Button
          look="quiet"
          icon="reset"
          label={`Reset ${label} to ${textOf(usual)}`}
          disabled={disabled || value === usual}
          onClick={() => onInput(usual)}
        />
      </span>
      <NumberEntry {...props} />
    </span>
  );

  return (
    <Field id={id} label={label} hint={hint} aside={aside}>
      <div
        class="slider"
        style={{ "--part": position / whole, "--usual": positionOf(usual, props) }}
        data-disabled={disabled}
      >
        <input
          id={id}
          type="range"
          min={0}
          max={whole}
          value={position}
          disabled={disabled}
          aria-valuetext={`${textOf(value)} ${unit}`.trim()}
          aria-describedby={hintOf(id, hint)}
          onInput={({ currentTarget }) => onInput(valueAt(Number(currentTarget.value) / whole, props))}
          onKeyDown={move}
        />
      </div>
    </Field>
  );
}

/** The next value in a direction: a step, or a hundredth of the track where steps are finer. */
function nudged(value: number, steps: number, range: Range): number {
  const moved = valueAt(positionOf(value, range) + (steps * nudge) / whole, range);
  if (moved !== value) return moved;
  const { min, max, step = 0 } = range;
  return round(Math.min(Math.max(value + Math.sign(steps) * step, min), max), range);
}

/** The number as text. What is no number leaves it as it was; what is out of range becomes the nearest in range. */
function NumberEntry({ label, value, onInput, min, max, step, scale, unit, disabled }: SliderProps): JSX.Element {
  const [draft, setDraft] = useState<string | undefined>(undefined);
  const commit = (): void => {
    const number = Number(draft?.replace(",", "."));
    if (draft !== undefined && draft.trim() !== "" && Number.isFinite(number)) {
      onInput(round(Math.min(Math.max(number, min), max), { min, max, step, scale }));
    }
    setDraft(undefined);
  };
  const key = (event: KeyboardEvent): void => {
    if (event.key === "Enter") commit();
    if (event.key === "Escape") setDraft(undefined);
  };
  return (
    <span class="number">
      <input
        class="entry"
        type="text"
        inputMode="decimal"
        size={5}
        value={draft ?? textOf(value)}
        disabled={disabled}
        aria-label={unit ? `${label}, in ${unit}` : `${label}, as a number`}
        onFocus={({ currentTarget }) => currentTarget.select()}
        onInput={({ currentTarget }) => setDraft(currentTarget.value)}
        onBlur={commit}
        onKeyDown={key}
      />
      {unit && (
        <span class="number-unit" aria-hidden="true">
          {unit}
        </span>
      )}
    </span>
  );
}
