import type { ComponentChildren, JSX } from "preact";
import { useId, useState } from "preact/hooks";
import { Icon } from "../../ui/Icon.tsx";

export interface Column<Row> {
  readonly key: string;
  readonly title: string;
  /** What rows are sorted by. */
  readonly value: (row: Row) => number | string | undefined;
  readonly cell: (row: Row) => ComponentChildren;
  /** Whether it has a bar. */
  readonly isWide?: boolean;
}

interface SortedTableProps<Row> {
  readonly title: string;
  readonly hint: string;
  /** The first is the name of a row. */
  readonly columns: readonly Column<Row>[];
  /** In their own order. */
  readonly rows: readonly Row[];
  /** What is said where there is no row. */
  readonly empty: string;
}

interface Order {
  readonly key: string;
  readonly isDown: boolean;
}

/** A table that is sorted by any of its columns: pressed once downward, twice upward, and then as it was. */
export function SortedTable<Row extends { readonly name: string }>(props: SortedTableProps<Row>): JSX.Element {
  const { title, hint, columns, rows, empty } = props;
  const id = useId();
  const [order, setOrder] = useState<Order | undefined>(undefined);
  const by = columns.find(({ key }) => key === order?.key);
  const press = (key: string): void => {
    if (order?.key !== key) setOrder({ key, isDown: key !== "name" });
    else setOrder(order.isDown === (key !== "name") ? { key, isDown: !order.isDown } : undefined);
  };
  const shown = by ? [...rows].sort((a, b) => comparison(by.value(a), by.value(b), order!.isDown)) : rows;
  return (
    <section class="measure-card measure-wide">
      <h2 id={id}>
        {title} <span class="measure-count">{rows.length}</span>
      </h2>
      <p class="hint">{hint}</p>
      {rows.length === 0 ? (
        <p class="measure-empty">{empty}</p>
      ) : (
        <div class="measure-scroll" role="region" aria-labelledby={id} tabIndex={0}>
          <table>
            <thead>
              <tr>
                {columns.map(({ key, title: heading, isWide }) => (
                  <th key={key} scope="col" data-wide={isWide} aria-sort={sortOf(key, order)}>
                    <button type="button" onClick={() => press(key)}>
                      {heading}
                      <Icon name="down" size={12} />
                    </button>
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {shown.map((row) => (
                <tr key={row.name}>
                  {columns.map((column, index) =>
                    index === 0 ? (
                      <th key={column.key} scope="row">
                        {column.cell(row)}
                      </th>
                    ) : (
                      <td key={column.key} data-wide={column.isWide}>
                        {column.cell(row)}
                      </td>
                    ),
                  )}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

const sortOf = (key: string, order: Order | undefined): "ascending" | "descending" | undefined =>
  order?.key === key ? (order.isDown ? "descending" : "ascending") : undefined;

/** What is not there comes last, in either direction. */
function comparison(a: number | string | undefined, b: number | string | undefined, isDown: boolean): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
  const up = typeof a === "string" ? a.localeCompare(String(b)) : a - Number(b);
  return isDown ? -up : up;
}
