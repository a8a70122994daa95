/** A number as tables show it: a true minus sign, and as many digits behind the point as there is room for. */
export const shown = (value: number, digits = 3): string => value.toFixed(digits).replace("-", "−");

/** A count with thin spaces between thousands. */
export const counted = (value: number): string => String(value).replace(/\B(?=(\d{3})+$)/g, "\u202f");

/** The coordinates of a vertex, as papers write them. */
export const coordinates = (values: readonly number[]): string =>
  `(${values.map((value) => shown(value, 0)).join(", ")})`;

/** A share as percent, with two digits that count where it is small. */
export const percent = (share: number): string =>
  `${share === 0 ? "0" : share < 0.00001 ? "< 0.001" : (100 * share).toFixed(share < 0.001 ? 3 : share < 0.01 ? 2 : 1)} %`;
