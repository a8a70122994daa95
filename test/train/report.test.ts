import { describe, expect, test } from "vitest";
import { vocPalette } from "../../src/data/palette.ts";
import type { Metric } from "../../src/train/metrics.ts";
import { drawReport, type ReportFacts } from "../../src/train/report/report.ts";
import { html } from "../../src/train/report/markup.ts";
import { toyConfiguration } from "./toy.ts";

const step = (number: number, loss: number): Metric => ({
  event: "step",
  step: number,
  epoch: number / 5,
  loss: loss * 12,
  lossPerPixel: loss,
  rate: 0.1,
  seconds: 0.5,
});
const scores = (meanIU: number) => ({
  meanIU,
  pixelAccuracy: 0.9,
  meanAccuracy: 0.8,
  bandAccuracy: 0.5,
  iu: [meanIU, null],
});
const validation: Metric = {
  event: "validation",
  step: 40,
  images: 3,
  lossPerPixel: 0.5,
  network: scores(0.6),
  crf: scores(0.7),
};

const image = { height: 2, width: 3, values: new Float32Array(18).fill(99) };
const labels = Uint8Array.of(0, 1, 255, 0, 1, 1);
const facts: ReportFacts = {
  title: "crf-rnn on <nuclei> & 'more'",
  configuration: { ...toyConfiguration, classes: ["dark", "<b>bright</b>"] },
  metrics: [...Array.from({ length: 1000 }, (_, i) => step(i + 1, Math.exp(-i / 150) + 0.001)), validation],
  parameters: 12345,
  adapter: "WebAssembly",
  palette: vocPalette(),
  matrices: [{ title: "C", explanation: "compatibility", values: Float32Array.of(-1, 0.25, -0.5, -1) }],
  bandwidths: [160, 3, 3],
  pictures: [{ id: "a", image, labels, prediction: { network: labels, crf: Uint8Array.of(0, 1, 1, 0, 1, 1) } }],
};

describe("the report", () => {
  const report = drawReport(facts);

  test("needs nothing but itself", () => {
    expect(report).not.toMatch(/https?:|<script|<link|@import|url\(/);
    const sources = [...report.matchAll(/src="([^"]{0,30})/g)].map(([, source]) => source);
    expect(sources).toHaveLength(4);
    for (const source of sources) expect(source).toMatch(/^data:image\/png;base64,iVBOR/);
  });

  test("tells what was changed on the way, and is silent where nothing was", () => {
    const change: Metric = {
      event: "change",
      step: 7,
      settings: [
        { path: "optimizer.rate", there: "1", here: "0.1" },
        { path: "optimizer.clip", here: "5" },
      ],
    };
    const words = "After step 7: rate 0.1 instead of 1, clip 5 instead of none.";
    expect(drawReport({ ...facts, metrics: [change, ...facts.metrics] })).toContain(words);
    expect(report).not.toContain("Changed on the way");
  });

  test("escapes names from outside", () => {
    expect(report).not.toContain("<nuclei>");
    expect(report).not.toContain("<b>");
    expect(report).toContain("crf-rnn on &#60;nuclei&#62; &#38; &#39;more&#39;");
    expect(html`<p>${'"<'}${html`<b>1</b>`}${undefined}${[html`<i></i>`]}</p>`.text).toBe(
      "<p>&#34;&#60;<b>1</b><i></i></p>",
    );
  });

  test("tells the last scores, what the CRF gains, time and steps", () => {
    for (const text of ["0.700", "+0.100 by the CRF", "200.0 epochs", "8.3 min", "12,345", "θα 160.0 pixels"]) {
      expect(report).toContain(text);
    }
  });

  test("marks the best validation, and compares with the network trained without the CRF where the run has scored it", () => {
    const before = { ...validation, step: 0, apart: true, network: scores(0.65), crf: scores(0.68) };
    const best = { ...validation, step: 20, crf: scores(0.75) };
    const drawn = drawReport({ ...facts, metrics: [before, best, validation] });
    expect(drawn).toMatch(/best mean IU<\/dt>\s*<dd>0\.750<small>after step 20</);
    expect(drawn).toMatch(
      /last mean IU<\/dt>\s*<dd>0\.700<small>\+0\.050 by the CRF, beside the network trained without it</,
    );
    expect(drawn).toMatch(/class="mark" x1="340"/); // 20 of 40 steps between 56 and 624
    expect(report).toContain("+0.100 by the CRF, beside the network inside");
  });

  test("draws a curve through all steps, within the chart, falling as the loss does", () => {
    const [, path] = /<path class="curve first" d="([^"]+)"/.exec(report)!;
    const points = path!
      .slice(1)
      .split("L")
      .map((pair) => pair.split(",").map(Number));
    expect(points).toHaveLength(59); // means of 17 steps
    expect(points.every(([x, y]) => x! >= 56 && x! <= 624 && y! >= 12 && y! <= 262)).toBe(true);
    expect(points.at(-1)![1]).toBeGreaterThan(points[0]![1]! + 150);
  });

  test("draws a heat map with the value of each cell, and leaves out what there is not", () => {
    expect(report).toContain("dark from &#60;b&#62;bright&#60;/b&#62;: 0.2500");
    const bare = drawReport({ ...facts, metrics: [], matrices: [], pictures: [], bandwidths: undefined });
    expect(bare).not.toMatch(/<svg|<img|NaN|Learned by/);
  });

  test("has no NaN with a single step and a single validation", () => {
    expect(drawReport({ ...facts, metrics: [step(1, 0.5), { ...validation, step: 1 }] })).not.toContain("NaN");
  });
});
