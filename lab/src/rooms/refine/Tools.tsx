import type { JSX } from "preact";
import { useId } from "preact/hooks";
import { Button } from "../../ui/Button.tsx";
import { positionOf, type Range, valueAt } from "../../ui/range.ts";
import { Segmented } from "../../ui/Segmented.tsx";
import { brush, clear, history, isEmpty, redo, tolerance, tool, undo } from "./state.ts";

const sizes: Range = { min: 1, max: 160, scale: "log", step: 1 };
const tolerances: Range = { min: 1, max: 100, scale: "log", step: 1 };

/** What is drawn with. */
export function Tools(): JSX.Element {
  const { value: steps } = history;
  const wand = tool.value === "wand";
  return (
    <>
      <div class="refine-tools">
        <Segmented
          label="Tool"
          unlabeled
          options={[
            { value: "brush", label: "Brush", icon: "brush" },
            { value: "eraser", label: "Eraser", icon: "eraser" },
            { value: "fill", label: "Fill", icon: "fill" },
            { value: "wand", label: "Similar colors", icon: "wand" },
          ]}
          value={tool.value}
          onChange={(value) => (tool.value = value)}
        />
      </div>
      {wand ? (
        <Compact
          key="tolerance"
          label="Tolerance"
          unit="levels"
          range={tolerances}
          value={tolerance.value}
          onInput={(value) => (tolerance.value = value)}
        />
      ) : (
        <Compact
          key="size"
          label="Size"
          unit="px"
          range={sizes}
          value={brush.value}
          disabled={tool.value === "fill"}
          onInput={(value) => (brush.value = value)}
        />
      )}
      <div class="refine-history" role="group" aria-label="History">
        <Button
          look="quiet"
          icon="undo"
          label="Undo"
          keys="Control+Z"
          disabled={!steps.startsWith("undo")}
          onClick={undo}
        />
        <Button
          look="quiet"
          icon="redo"
          label="Redo"
          keys="Control+Shift+Z"
          disabled={!steps.endsWith("redo")}
          onClick={redo}
        />
        <Button look="quiet" icon="trash" label="Clear the drawing" disabled={isEmpty.value} onClick={clear} />
      </div>
    </>
  );
}

interface CompactProps {
  readonly label: string;
  readonly unit: string;
  readonly range: Range;
  readonly value: number;
  readonly disabled?: boolean;
  readonly onInput: (value: number) => void;
}

/** A slider on one line. */
function Compact({ label, unit, range, value, disabled = false, onInput }: CompactProps): JSX.Element {
  const id = useId();
  const position = positionOf(value, range);
  return (
    <div class="refine-compact">
      <label for={id}>{label}</label>
      <div class="slider" style={{ "--part": position, "--usual": position }} data-disabled={disabled}>
        <input
          id={id}
          type="range"
          min={0}
          max={1000}
          value={Math.round(position * 1000)}
          disabled={disabled}
          aria-valuetext={`${value} ${unit}`}
          onInput={({ currentTarget }) => onInput(valueAt(Number(currentTarget.value) / 1000, range))}
        />
      </div>
      <span class="refine-compact-value">
        {value} {unit}
      </span>
    </div>
  );
}
