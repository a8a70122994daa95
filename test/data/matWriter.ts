import { zlibSync } from "fflate";

/** A variable for `writeMat`: a matrix, row by row, stored as doubles, bytes or 16-bit numbers, or a scalar struct of such. */
export type MatVariable =
  | {
      readonly rows: number;
      readonly columns: number;
      readonly values: readonly number[];
      readonly store: "double" | "uint8" | "uint16";
    }
  | { readonly fields: Readonly<Record<string, MatVariable>> };

export interface MatOptions {
  readonly littleEndian?: boolean;
  readonly compress?: boolean;
}

const stores = {
  double: { arrayClass: 6, type: 9, size: 8 },
  uint8: { arrayClass: 9, type: 2, size: 1 },
  uint16: { arrayClass: 11, type: 4, size: 2 },
} as const;

/** Writes a MATLAB 5 file from the published description of the format, sharing nothing with the reader. */
export function writeMat(
  variables: Readonly<Record<string, MatVariable>>,
  { littleEndian = true, compress = false }: MatOptions = {},
): Uint8Array<ArrayBuffer> {
  const numbers = (
    size: number,
    values: readonly number[],
    set: (view: DataView, at: number, value: number) => void,
  ): number[] => {
    const view = new DataView(new ArrayBuffer(size * values.length));
    values.forEach((value, i) => set(view, i * size, value));
    return [...new Uint8Array(view.buffer)];
  };
  const words = (values: readonly number[]): number[] =>
    numbers(4, values, (view, at, value) => view.setUint32(at, value, littleEndian));
  const pad = (bytes: number[]): number[] => [...bytes, ...Array.from({ length: -bytes.length & 7 }, () => 0)];
  const element = (type: number, bytes: number[]): number[] => {
    if (type === 14 || bytes.length > 4 || bytes.length === 0) return [...words([type, bytes.length]), ...pad(bytes)];
    const tag = words([bytes.length * 65536 + type]);
    return [...tag, ...bytes, ...Array.from({ length: 4 - bytes.length }, () => 0)];
  };
  const text = (name: string): number[] => [...new TextEncoder().encode(name)];
  const head = (arrayClass: number, rows: number, columns: number, name: string): number[] => [
    ...element(6, words([arrayClass, 0])),
    ...element(5, words([rows, columns])),
    ...element(1, text(name)),
  ];
  const matrix = (variable: MatVariable, name: string): number[] => {
    if ("fields" in variable) {
      const names = Object.keys(variable.fields);
      const padded = names.flatMap((field) => [...text(field), ...Array.from({ length: 32 - field.length }, () => 0)]);
      const values = Object.values(variable.fields).flatMap((field) => matrix(field, ""));
      return element(14, [...head(2, 1, 1, name), ...element(5, words([32])), ...element(1, padded), ...values]);
    }
    const { rows, columns, values } = variable;
    const store = stores[variable.store];
    const columnMajor = values.map((_, i) => values[(i % rows) * columns + Math.floor(i / rows)]!);
    const set = (view: DataView, at: number, value: number): void => {
      if (store.size === 8) view.setFloat64(at, value, littleEndian);
      else if (store.size === 2) view.setUint16(at, value, littleEndian);
      else view.setUint8(at, value);
    };
    return element(14, [
      ...head(store.arrayClass, rows, columns, name),
      ...element(store.type, numbers(store.size, columnMajor, set)),
    ]);
  };
  const bytes = [...text("MATLAB 5.0 MAT-file, made by a test".padEnd(124))];
  bytes.push(...(littleEndian ? [0, 1, 0x49, 0x4d] : [1, 0, 0x4d, 0x49]));
  for (const [name, variable] of Object.entries(variables)) {
    const whole = matrix(variable, name);
    const packed = compress ? [...zlibSync(Uint8Array.from(whole))] : [];
    bytes.push(...(compress ? [...words([15, packed.length]), ...packed] : whole));
  }
  return Uint8Array.from(bytes);
}
