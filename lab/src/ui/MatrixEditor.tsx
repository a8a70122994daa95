import type { JSX } from "preact";
import { useId, useRef, useState } from "preact/hooks";
import { Button } from "./Button.tsx";
import { hintOf } from "./Field.tsx";
import { textOf } from "./range.ts";
import "./Reset.css";
import "./Swatch.css";
import "./MatrixEditor.css";

interface MatrixEditorProps {
  readonly label: string;
  /** The names of rows, and of columns where those are others. */
  readonly rows: readonly string[];
  readonly columns?: readonly string[];
  /** The numbers, row by row. */
  readonly values: readonly number[];
  readonly onInput: (values: readonly number[]) => void;
  /** What the reset button goes back to. */
  readonly usual: readonly number[];
  /** Whether a number is entered into its mirror cell, too. */
  readonly symmetric?: boolean;
  /** Colors of the rows' and columns' classes, for CSS. */
  readonly colors?: readonly string[];
  readonly hint?: string;
  readonly disabled?: boolean;
}

/**
 * A small matrix to be edited. The color of a cell is its number: orange above zero, blue below, stronger where it is larger. Arrow keys
 * and Enter go from cell to cell.
 */
export function MatrixEditor(props: MatrixEditorProps): JSX.Element {
  const { label, rows, columns = rows, values, onInput, usual, symmetric = false, colors, hint, disabled } = props;
  const id = useId();
  const table = useRef<HTMLTableElement>(null);
  const largest = Math.max(1e-6, ...values.map(Math.abs));

  const enter = (row: number, column: number, value: number): void => {
    const changed = [...values];
    changed[row * columns.length + column] = value;
    if (symmetric) changed[column * columns.length + row] = value;
    onInput(changed);
  };
  const go = (row: number, column: number): boolean => {
    const cell = table.current?.querySelector<HTMLInputElement>(`[data-cell="${row},${column}"]`);
    cell?.focus();
    return cell !== null && cell !== undefined;
  };

  return (
    <div class="field matrix">
      <div class="field-line">
        <span class="field-label" id={id}>
          {label}
        </span>
        <span class="reset" data-shown={values.some((value, i) => value !== usual[i])}>
          <Button
            look="quiet"
            icon="reset"
            label={`Reset ${label}`}
            disabled={disabled}
            onClick={() => onInput([...usual])}
          />
        </span>
      </div>
      {/* What is wider than the controls is scrolled, by keys, too. */}
      <div class="matrix-scroll" tabIndex={columns.length > 6 ? 0 : undefined} role="group" aria-labelledby={id}>
        <table ref={table} aria-labelledby={id} aria-describedby={hintOf(id, hint)}>
          <thead>
            <tr>
              <td />
              {columns.map((name, column) => (
                <th key={name} scope="col" title={name}>
                  <Name name={name} color={colors?.[column]} />
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((name, row) => (
              <tr key={name}>
                <th scope="row" title={name}>
                  <Name name={name} color={colors?.[row]} />
                </th>
                {columns.map((other, column) => (
                  <td key={other}>
                    <Cell
                      at={`${row},${column}`}
                      label={`${name}, ${other}`}
                      value={values[row * columns.length + column] ?? 0}
                      largest={largest}
                      disabled={disabled ?? false}
                      onInput={(value) => enter(row, column, value)}
                      onMove={(down, right) => go(row + down, column + right)}
                    />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {hint && (
        <p class="hint" id={hintOf(id, hint)}>
          {hint}
        </p>
      )}
    </div>
  );
}

function Name({ name, color }: { readonly name: string; readonly color?: string }): JSX.Element {
  return (
    <span class="matrix-name">
      {color && <span class="swatch" style={{ "--swatch": color }} />}
      <span>{name}</span>
    </span>
  );
}

interface CellProps {
  readonly at: string;
  readonly label: string;
  readonly value: number;
  readonly largest: number;
  readonly disabled: boolean;
  readonly onInput: (value: number) => void;
  /** Goes to another cell, if there is one. */
  readonly onMove: (down: number, right: number) => boolean;
}

const moves: Readonly<Record<string, readonly [down: number, right: number]>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  Enter: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

function Cell({ at, label, value, largest, disabled, onInput, onMove }: CellProps): JSX.Element {
  const [draft, setDraft] = useState<string | undefined>(undefined);
  const commit = (): void => {
    const number = Number(draft?.replace(",", ".").replace("−", "-"));
    if (draft !== undefined && draft.trim() !== "" && Number.isFinite(number)) onInput(number);
    setDraft(undefined);
  };
  const key = (event: KeyboardEvent): void => {
    if (event.key === "Escape") setDraft(undefined);
    const move = moves[event.key];
    // Within a text that is being written, the caret moves.
    if (!move || (move[1] !== 0 && draft !== undefined)) return;
    if (event.key === "Enter") commit();
    if (onMove(...move)) event.preventDefault();
  };
  return (
    <input
      class="matrix-cell"
      data-cell={at}
      data-sign={Math.sign(value)}
      style={{ "--heat": `${Math.round((55 * Math.abs(value)) / largest)}%` }}
      type="text"
      inputMode="decimal"
      aria-label={label}
      value={draft ?? textOf(Number(value.toPrecision(3)))}
      disabled={disabled}
      onFocus={({ currentTarget }) => currentTarget.select()}
      onInput={({ currentTarget }) => setDraft(currentTarget.value)}
      onBlur={commit}
      onKeyDown={key}
    />
  );
}
