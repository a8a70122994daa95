import { html, type Markup } from "./markup.ts";
import { style } from "./style.ts";

/** A page that needs nothing else: its kind, its title, some numbers, and sections. */
export interface Page {
  readonly kicker: string;
  readonly title: string;
  /** A sentence below the title. */
  readonly summary?: string;
  readonly tiles?: readonly Tile[];
  readonly sections: readonly (Markup | undefined)[];
}

export type Tile = readonly [name: string, value: string, note?: string];

/** One HTML file for dark and light screens, wide and narrow. */
export function drawPage({ kicker, title, summary, tiles, sections }: Page): string {
  return html`<!doctype html>
    <html lang="en">
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width" />
      <meta name="color-scheme" content="light dark" />
      <title>${title}</title>
      <style>
        ${style}
      </style>
      <header>
        <p class="kicker">${kicker}</p>
        <h1>${title}</h1>
        ${summary === undefined ? undefined : html`<p>${summary}</p>`} ${tiles && drawTiles(tiles)}
      </header>
      <main>${sections}</main>
    </html>`.text;
}

const drawTiles = (tiles: readonly Tile[]): Markup =>
  html`<dl class="tiles">
    ${tiles.map(
      ([name, value, note]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}${note === undefined ? undefined : html`<small>${note}</small>`}</dd>
        </div>`,
    )}
  </dl>`;

/** A table of names and values, small. */
export const optionTable = (entries: Iterable<readonly [string, string]>): Markup =>
  html`<table class="options">
    ${[...entries].map(
      ([name, value]) =>
        html`<tr>
          <td>${name}</td>
          <td>${value}</td>
        </tr>`,
    )}
  </table>`;

/** A share 0…1 as a bar with its number; a dash where there is none. */
export const barCell = (value: number | null | undefined, color: string): Markup =>
  typeof value === "number" && Number.isFinite(value)
    ? html`<td class="bar ${color}" style="--share: ${value.toFixed(4)}"><span>${value.toFixed(3)}</span></td>`
    : html`<td>–</td>`;

export function duration(seconds: number): string {
  if (seconds < 100) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  return seconds < 6000 ? `${(seconds / 60).toFixed(1)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
