import type { Color } from "../data/palette.ts";
import { html, type Markup } from "../train/report/markup.ts";
import { drawPage } from "../train/report/page.ts";
import { drawPictures, type Picture } from "../train/report/pictures.ts";
import { cellsOf, heads, type Line } from "./table.ts";

/** The facts of a study's report. */
export interface StudyReportFacts {
  readonly title: string;
  readonly lines: readonly Line[];
  /** Lines about how everything was trained. */
  readonly notes: readonly string[];
  readonly classes: readonly string[];
  readonly palette: readonly Color[];
  /** Pictures with what the first row and the best one with a CRF made of them. */
  readonly pictures: readonly Picture[];
}

/** A study as one HTML page that needs nothing else, for dark and light screens. */
export function drawStudyReport({ title, lines, notes, classes, palette, pictures }: StudyReportFacts): string {
  const most = Math.max(...lines.map(({ meanIU }) => meanIU.mean));
  const table = html`<div class="wide told">
    <table>
      <tr>
        ${heads.map((head) => html`<th>${head}</th>`)}
      </tr>
      ${lines.map((line) => drawLine(line, most))}
    </table>
  </div>`;
  const said = notes.map((note) => html`<p>${note}</p>`);
  return drawPage({
    kicker: "crf-rnn study",
    title,
    sections: [table, ...said, drawPictures("Validation images", pictures, classes, palette)],
  });
}

/** A row with its mean IU as a bar beside the best one's. */
function drawLine(line: Line, most: number): Markup {
  const [title, meanIU, ...rest] = cellsOf(line);
  const bar = line.row.crf === "none" ? "first" : "second";
  const share = (line.meanIU.mean / most).toFixed(4);
  return html`<tr>
    <td class="words">${title}</td>
    <td class="bar ${bar}" style="--share: ${share}; width: 14rem"><span>${meanIU}</span></td>
    ${rest.map((cell) => html`<td>${cell}</td>`)}
  </tr>`;
}
