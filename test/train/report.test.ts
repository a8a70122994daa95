import { describe, expect, test } from "vitest";
import { vocPalette } from "../../src/data/palette.ts";
import type { Metric } from "../../src/train/metrics.ts";
import { drawReport, type ReportFacts } from "../../src/train/report/report.ts";
import { drawConfusion } from "../../src/train/report/heatMap.ts";
import { html } from "../../src/train/report/markup.ts";
import { drawErrors, errorColors } from "../../src/train/report/errorMap.ts";
import { drawComparison } from "../../src/train/report/comparison.ts";
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
  learned: {
    matrices: [
      {
        title: "C",
        explanation: "compatibility",
        values: Float32Array.of(-1, 0.25, -0.5, -1),
        start: Float32Array.of(-1, 0, 0, -1),
      },
    ],
    bandwidths: [160, 3.5, 3],
    startBandwidths: [160, 3, 3],
  },
  confusions: { network: [5, 0, 0, 5], crf: [6, 2, 1, 3] },
  pictures: {
    first: [
      { id: "a", image, labels, prediction: { network: labels, crf: Uint8Array.of(0, 1, 1, 0, 1, 1) }, accuracy: 0.75 },
    ],
    worst: [],
  },
};

describe("the report", () => {
  const report = drawReport(facts);

  test("needs nothing but itself", () => {
    expect(report).not.toMatch(/https?:|<script|<link|@import|url\(/);
    const sources = [...report.matchAll(/src="([^"]{0,30})/g)].map(([, source]) => source);
    expect(sources).toHaveLength(5); // photograph, truth, network, CRF, errors
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
    const nothing = { learned: { matrices: [] }, confusions: {}, pictures: { first: [], worst: [] } };
    const bare = drawReport({ ...facts, ...nothing, metrics: [] });
    expect(bare).not.toMatch(/<svg|<img|NaN|Learned by|taken for what/);
  });

  test("shows what was learned as a difference from the start, and as it is", () => {
    const [, change, whole] = report.split(/<figcaption>C(?=[,<])/);
    expect(change).toContain(", less its start");
    // −1, 0.25, −0.5, −1 less −1, 0, 0, −1
    const valuesIn = (map: string): string[] =>
      [...map.matchAll(/<title>.*?: (.*?)<\/title>/g)].map(([, value]) => value!);
    expect(valuesIn(change!)).toEqual(["0.000", "0.2500", "-0.5000", "0.000"]);
    expect(valuesIn(whole!)).toEqual(["-1.000", "0.2500", "-0.5000", "-1.000"]);
    expect(report).toContain("θβ 3.500 color levels (at the start 3.000), θγ 3.000 pixels.");
  });

  test("shows the shares of each true class that got each label, after the CRF where there is one", () => {
    // Rows 6 + 2 and 1 + 3.
    for (const cell of ["dark labeled dark: 0.7500", "dark labeled &#60;b&#62;bright&#60;/b&#62;: 0.2500"]) {
      expect(report).toContain(cell);
    }
    expect(report).toContain("&#60;b&#62;bright&#60;/b&#62; labeled dark: 0.2500");
    const network = drawReport({ ...facts, confusions: { network: [5, 0, 0, 5] } });
    expect(network).toContain("dark labeled dark: 1.000");
  });

  test("leaves rare classes out of a large confusion matrix, and those that never occur out of any", () => {
    const classes = Array.from({ length: 50 }, (_, i) => `class ${i}`);
    // Class i has i right pixels: none of the first, and fewest of the next nine.
    const counts = Float64Array.from({ length: 2500 }, (_, i) => (i % 51 === 0 ? i / 51 : 0));
    const map = drawConfusion("Confusion", counts, classes)!.text;
    expect(map).toContain("; 9 rarer classes are left out");
    expect([...map.matchAll(/<rect /g)]).toHaveLength(40 * 40);
    expect(map).toContain("class 10 labeled class 10: 1.000");
    expect(map).not.toContain(">class 9<");
    expect(drawConfusion("Confusion", [0, 0, 0, 0], ["a", "b"])).toBeUndefined();
  });

  test("tells step 0, the best and the last validation apart, and is silent of one alone", () => {
    const before = { ...validation, step: 0, network: scores(0.5), crf: scores(0.55) };
    const best = { ...validation, step: 20, crf: scores(0.75) };
    const drawn = drawReport({ ...facts, metrics: [before, best, validation] });
    const [, table] = /From step to step(.*?)<\/table>/s.exec(drawn)!;
    expect([...table!.matchAll(/<td>(.*?)<\/td>/g)].map(([, cell]) => cell)).toEqual([
      "0, before training",
      "20, the best",
      "40, the last",
    ]);
    expect([...table!.matchAll(/<span>(.*?)<\/span>/g)].map(([, cell]) => cell).slice(0, 4)).toEqual([
      "0.500",
      "0.900",
      "0.500",
      "0.550",
    ]);
    expect(report).not.toContain("From step to step");
  });

  test("has no NaN with a single step and a single validation", () => {
    expect(drawReport({ ...facts, metrics: [step(1, 0.5), { ...validation, step: 1 }] })).not.toContain("NaN");
  });
});

test("an error map says what the CRF mended, spoiled and left, and is dark where the truth is void", () => {
  const white = { height: 1, width: 5, values: new Float32Array(15).fill(255) };
  const truth = Uint8Array.of(0, 0, 0, 0, 255);
  const [network, crf] = [Uint8Array.of(0, 1, 0, 1, 1), Uint8Array.of(0, 0, 1, 1, 1)];
  const pixels = (rgb: Uint8Array): number[][] => Array.from({ length: 5 }, (_, i) => [...rgb.slice(3 * i, 3 * i + 3)]);
  const { mended, spoiled, both, wrong } = errorColors;
  const [right, dark] = [
    [255, 255, 255],
    [63, 63, 63],
  ];
  expect(pixels(drawErrors(white, truth, { network, crf }))).toEqual([
    right,
    mended.color,
    spoiled.color,
    both.color,
    dark,
  ]);
  expect(pixels(drawErrors(white, truth, { network }))).toEqual([right, wrong.color, right, wrong.color, dark]);
});

test("a comparison has each run's best and last scores, and the settings that differ alone", () => {
  const other = { ...facts.configuration, seed: 8 };
  const runs = [
    { name: "first", configuration: facts.configuration, metrics: facts.metrics },
    { name: "second", configuration: other, metrics: [step(1, 2), { ...validation, step: 1, crf: scores(0.8) }] },
  ];
  const page = drawComparison(runs);
  expect(page).toMatch(
    /<td>first<\/td>\s*<td class="bar first" style="--share: 0\.7000"><span>0\.700<\/span><\/td>\s*<td>40</,
  );
  expect(page).toMatch(
    /<td>second<\/td>\s*<td class="bar first" style="--share: 0\.8000"><span>0\.800<\/span><\/td>\s*<td>1</,
  );
  expect([...page.matchAll(/<path class="curve (\w+)"/g)].map(([, color]) => color)).toEqual(
    ["first", "second", "first", "second", "first", "second"], // mean IU, validation loss, training loss
  );
  const [, table] = /By what they differ(.*?)<\/table>/s.exec(page)!;
  expect([...table!.matchAll(/<td>(.*?)<\/td>/g)].map(([, cell]) => cell)).toEqual(["seed", "7", "8"]);
  expect(page).not.toMatch(/NaN|undefined|<script/);
  const bare = { ...runs[0]!, metrics: [] };
  expect(drawComparison([bare, bare])).not.toMatch(/NaN|undefined|Infinity|<svg/);
});
