import { describe, expect, test } from "vitest";
import { boundaryBand } from "../../src/data/boundary.ts";
import { Confusion } from "../../src/data/confusion.ts";
import { argmax } from "../../src/data/argmax.ts";
import { gainOf } from "../../src/search/bootstrap.ts";
import { agrees, climb } from "../../src/search/climb.ts";
import { halve, rungsOf } from "../../src/search/halving.ts";
import { keyOf, parameterNames, type SearchParameters } from "../../src/search/parameters.ts";
import { formatLayer, formatParams, parametersOf, parseParams } from "../../src/search/params.ts";
import { choicesOf, trialsOf } from "../../src/search/searching.ts";
import { pointOf, shuffled } from "../../src/search/sequence.ts";
import { parametersAt, publishedIn, spaceOf } from "../../src/search/space.ts";
import { scoreOf, type Tally, tallyOf } from "../../src/search/tally.ts";
import { planOf } from "../../src/search/tuneCrf.ts";
import { verdictOf } from "../../src/search/verdict.ts";
import { random } from "../suite.ts";

const some: SearchParameters = {
  thetaAlpha: 40,
  thetaBeta: 5,
  thetaGamma: 2,
  spatialWeight: 3,
  bilateralWeight: 4,
  temperature: 1.5,
  iterations: 5,
  normalization: "after",
};

describe("the sequence", () => {
  const points = Array.from({ length: 64 }, (_, index) => pointOf(1, 8, index));

  test("fills each axis evenly: each eighth has eight of 64 points", () => {
    for (let axis = 0; axis < 8; axis++) {
      const counts = new Array<number>(8).fill(0);
      for (const point of points) counts[Math.floor(8 * point[axis]!)]!++;
      expect(counts).toEqual(new Array<number>(8).fill(8));
    }
  });

  test("fills the plane of θα and θβ evenly, which random numbers do not: an eighth by an eighth has one point", () => {
    const cells = points.map(([a, b]) => 8 * Math.floor(8 * a!) + Math.floor(8 * b!));
    expect(new Set(cells).size).toBe(64);
  });

  test("fills every other plane evenly: a half by a half has about sixteen points", () => {
    for (let a = 0; a < 8; a++) {
      for (let b = 0; b < a; b++) {
        const counts = [0, 0, 0, 0];
        for (const point of points) counts[2 * Math.floor(2 * point[a]!) + Math.floor(2 * point[b]!)]!++;
        expect(counts).toEqual([16, 16, 16, 16]);
      }
    }
  });

  test("is the seed's", () => {
    expect(pointOf(1, 8, 5)).toEqual(points[5]);
    expect(pointOf(2, 8, 5)).not.toEqual(points[5]);
    expect([...shuffled(3, 9)].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(shuffled(3, 9)).not.toEqual(shuffled(4, 9));
  });
});

describe("the space", () => {
  test("goes from the least to the largest of each range, evenly in logarithms", () => {
    const space = spaceOf("here", 500, { thetaAlpha: [10, 1000], temperature: 2, iterations: [3, 7] });
    const at = (share: number): SearchParameters =>
      parametersAt(
        space,
        parameterNames.map(() => share),
      );
    expect(at(0)).toMatchObject({ thetaAlpha: 10, temperature: 2, iterations: 3, normalization: "after" });
    expect(at(0.5)).toMatchObject({ thetaAlpha: 100, temperature: 2, iterations: 7, normalization: "symmetric" });
    expect(at(1)).toMatchObject({ thetaAlpha: 1000, iterations: 7 });
  });

  test("has the published parameters, scaled to the pictures, within its ranges", () => {
    expect(publishedIn(spaceOf("here", 250), 250).map(({ thetaAlpha, thetaBeta }) => [thetaAlpha, thetaBeta])).toEqual([
      [80, 3],
      [33.5, 3],
    ]);
    const narrow = spaceOf("here", 500, { thetaAlpha: [10, 50], normalization: "symmetric" });
    expect(publishedIn(narrow, 500).map(({ thetaAlpha, normalization }) => [thetaAlpha, normalization])).toEqual([
      [50, "symmetric"],
      [50, "symmetric"],
    ]);
  });

  test.each([
    [
      { thetaAlpha: [5, 2] },
      /^here: expected thetaAlpha: a number, or two of which the second is larger, got \[5, 2\]$/,
    ],
    [{ temperature: 0 }, /^here: expected temperature: a number above 0, got 0$/],
    [{ iterations: [5, 1.5] }, /^here: expected iterations: a whole number of 1 or more, got 1.5$/],
    [{ iterations: [] }, /^here: expected iterations: one value or more, got none$/],
    [
      { normalization: "sum" },
      /^here: expected normalization: none, before, after or symmetric, got the string "sum"$/,
    ],
    [{ thetaDelta: 3 }, /^here: expected options thetaAlpha, .*, got "thetaDelta"/],
  ])("refuses %j", (given, sentence) => {
    expect(() => spaceOf("here", 500, given as never)).toThrow(sentence);
  });
});

describe("successive halving", () => {
  test("tries all on few pictures, and thirds on three times as many, at last a few on all", () => {
    expect(rungsOf(66, 100)).toEqual([
      { trials: 66, pictures: 4 },
      { trials: 22, pictures: 12 },
      { trials: 8, pictures: 34 },
      { trials: 3, pictures: 100 },
    ]);
    expect(rungsOf(3, 2)).toEqual([{ trials: 3, pictures: 2 }]);
  });

  test("keeps those that score best, the earlier of two alike, and none that cannot be scored", async () => {
    const tried: string[] = [];
    const ranked = await halve(
      [NaN, 1, 5, 5, 3],
      [
        { trials: 5, pictures: 1 },
        { trials: 2, pictures: 9 },
      ],
      async (trial, pictures) => {
        tried.push(`${trial} on ${pictures}`);
        return trial;
      },
    );
    expect(tried).toEqual(["NaN on 1", "1 on 1", "5 on 1", "5 on 1", "3 on 1", "5 on 9", "5 on 9"]);
    expect(ranked).toEqual([
      { trial: 5, score: 5 },
      { trial: 5, score: 5 },
    ]);
  });
});

describe("a tally", () => {
  const [height, width, classes] = [9, 7, 4] as const;
  const numbers = random(5);
  const pictures = [0, 1].map(() => {
    const scores = numbers.array(height * width * classes, -3, 3);
    const labels = Uint8Array.from(numbers.array(height * width, 0, 3.6), Math.floor);
    labels[11] = 255;
    return { scores, labels, band: boundaryBand({ height, width, labels }, 1) };
  });
  const tallies = pictures.map(({ scores, labels, band }) => tallyOf(scores, labels, band, classes));

  test("has the mean IU and the accuracy near boundaries of confusion matrices", () => {
    const [whole, near] = [new Confusion(classes), new Confusion(classes)];
    for (const { scores, labels, band } of pictures) {
      whole.add(labels, argmax(scores, classes));
      near.add(labels, argmax(scores, classes), band);
    }
    expect(scoreOf(tallies, "meanIU")).toBeCloseTo(whole.scores().meanIU, 12);
    expect(scoreOf(tallies, "boundary")).toBeCloseTo(near.scores().pixelAccuracy, 12);
  });

  test("has the mean logarithm of the probability of the truth", () => {
    const [logarithm] = pictures.map(({ scores, labels }) => {
      const all = [...labels].flatMap((label, pixel) => {
        if (label === 255) return [];
        const own = [...scores.subarray(pixel * classes, (pixel + 1) * classes)];
        return [Math.log(Math.exp(own[label]!) / own.reduce((sum, score) => sum + Math.exp(score), 0))];
      });
      return all.reduce((sum, one) => sum + one, 0) / all.length;
    });
    expect(scoreOf(tallies.slice(0, 1), "logLikelihood")).toBeCloseTo(logarithm!, 10);
  });

  test("refuses scores that cannot be compared", () => {
    const { labels, band } = pictures[0]!;
    const scores = new Float32Array(height * width * classes).fill(NaN);
    expect(() => tallyOf(scores, labels, band, classes)).toThrow(/^the CRF: expected finite scores, got NaN$/);
  });
});

describe("the gain", () => {
  const of = (correct: number, pixels = 100): Tally => ({
    classes: [],
    band: [correct, pixels],
    logLikelihood: 0,
    pixels,
  });

  test("is paired: where every picture gains the same, no draw gains anything else", () => {
    const before = [10, 90, 50, 30].map((correct) => of(correct));
    const after = [15, 95, 55, 35].map((correct) => of(correct));
    const { gain, low, high } = gainOf(before, after, "boundary", 1);
    for (const each of [gain, low, high]) expect(each).toBeCloseTo(0.05, 12);
  });

  test("has the interval of its draws: of two pictures, one of which gains, a quarter of draws gain nothing", () => {
    const { gain, low, high } = gainOf([of(50), of(50)], [of(50), of(70)], "boundary", 1);
    expect(gain).toBeCloseTo(0.1, 12);
    expect([low, high]).toEqual([0, expect.closeTo(0.2, 12)]);
  });

  test("is the seed's", () => {
    const [before, after] = [
      [1, 5, 9, 4, 7],
      [3, 4, 9, 8, 9],
    ].map((all) => all.map((correct) => of(correct, 10)));
    expect(gainOf(before!, after!, "boundary", 3)).toEqual(gainOf(before!, after!, "boundary", 3));
  });
});

describe("the verdict", () => {
  const verdict = (gain: number, low: number, high: number): string =>
    verdictOf(
      { parameters: some, network: 0.5, score: 0.5 + gain, chosen: 1, gain: { gain, low, high }, folds: [] },
      { metric: "boundary", folds: 4 },
    );

  test("is the gain, or that there is none, or that nobody can tell", () => {
    expect(verdict(0.02, 0.01, 0.03)).toMatch(
      /^accuracy near boundaries 0\.5200 on pictures held out .*: \+0\.0200, 95 % interval \+0\.0100 to \+0\.0300\.$/,
    );
    expect(verdict(-0.02, -0.04, 0.01)).toMatch(
      /^A CRF does not help here: .*: −0\.0200, 95 % interval −0\.0400 to \+0\.0100\.$/,
    );
    expect(verdict(0.02, -0.01, 0.03)).toMatch(/^Whether a CRF helps here, these pictures do not tell: /);
  });
});

describe("gradients", () => {
  const flat = { thetaAlpha: 0, thetaBeta: 0, thetaGamma: 0, spatialWeight: 0, bilateralWeight: 0, temperature: 0 };
  const space = spaceOf("here", 500, { temperature: 1.5 });

  test("give way to the slope where it has another sign, and what has one value stays", async () => {
    const slopes = {
      loss: 1,
      gradient: { ...flat, thetaAlpha: 1, thetaBeta: 1, spatialWeight: -1, temperature: -1 },
      slopes: { thetaAlpha: 0.5, thetaBeta: -0.5, thetaGamma: 0 },
    };
    expect(agrees(slopes, "thetaAlpha")).toBe(true);
    expect(agrees(slopes, "thetaBeta")).toBe(false);
    const tried: SearchParameters[] = [];
    const score = async (parameters: SearchParameters): Promise<number> => tried.push(parameters) && 0;
    await climb({ parameters: some, score: 1 }, space, 1, async () => slopes, score);
    const length = 0.3 / 1.5; // of 1, −1 and −0.5
    expect(tried).toEqual([
      {
        ...some,
        thetaAlpha: Number((40 * Math.exp(-length)).toPrecision(4)),
        thetaBeta: Number((5 * Math.exp(0.5 * length)).toPrecision(4)),
        spatialWeight: Number((3 * Math.exp(length)).toPrecision(4)),
      },
    ]);
  });

  test("lead to the top of a hill, in steps that shorten where they do not help", async () => {
    // The score falls with the distance of the logarithms from a top; so do the loss's slopes.
    const top = { ...some, thetaAlpha: 70, bilateralWeight: 6 };
    const gap = (parameters: SearchParameters, name: "thetaAlpha" | "bilateralWeight"): number =>
      Math.log(parameters[name] / top[name]);
    const height = (parameters: SearchParameters): number =>
      -(gap(parameters, "thetaAlpha") ** 2) - gap(parameters, "bilateralWeight") ** 2;
    const found = await climb(
      { parameters: some, score: height(some) },
      space,
      12,
      async (at) => ({
        loss: 0,
        gradient: { ...flat, thetaAlpha: gap(at, "thetaAlpha"), bilateralWeight: gap(at, "bilateralWeight") },
        slopes: {},
      }),
      async (parameters) => height(parameters),
    );
    expect(Math.abs(gap(found.parameters, "thetaAlpha"))).toBeLessThan(0.06);
    expect(Math.abs(gap(found.parameters, "bilateralWeight"))).toBeLessThan(0.06);
  });
});

describe("cross-validation", () => {
  test("holds each picture out once, and chooses from all others", () => {
    const [all, ...apart] = choicesOf({ seed: 2, folds: 3 }, 8);
    expect(all!.chosenFrom).toHaveLength(8);
    expect(apart.flatMap(({ heldOut }) => heldOut).sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    for (const { chosenFrom, heldOut } of apart) {
      expect([...chosenFrom, ...heldOut].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    }
    expect(choicesOf({ seed: 2, folds: 9 }, 4)).toHaveLength(5);
  });

  test("tries published parameters and as many of the sequence as are asked for, each once", () => {
    const trials = trialsOf(planOf({ trials: 10 }, 500), 500);
    expect(trials.map(({ from }) => from)).toEqual([
      "published",
      "published",
      ...new Array<string>(10).fill("sequence"),
    ]);
    expect(new Set(trials.map(({ parameters }) => keyOf(parameters))).size).toBe(12);
  });
});

describe("params.json", () => {
  test("gives back what was written", () => {
    expect(parametersOf(parseParams(formatParams(some)))).toEqual(some);
  });

  test("has weights by class and matrices, in the shortest form, as lists of all numbers in a program", () => {
    const { format: _, ...layer } = parseParams(formatParams(some));
    const full = [1, 2, -3, 4];
    const given = {
      ...layer,
      bilateral: { ...layer.bilateral, weight: full },
      spatial: { ...layer.spatial, weight: [5, 0, 0, 6] },
      compatibility: [-1, 0.5, 0, -1],
    };
    const text = formatLayer(given);
    expect(JSON.parse(text)).toMatchObject({
      bilateral: {
        weight: [
          [1, 2],
          [-3, 4],
        ],
      },
      spatial: { weight: [5, 6] },
      compatibility: [
        [-1, 0.5],
        [0, -1],
      ],
    });
    expect(text).toContain("[-3, 4]");
    expect(parseParams(text)).toMatchObject(given);
    const plain = JSON.parse(
      formatLayer({ ...given, spatial: { ...given.spatial, weight: [7, 0, 0, 7] }, compatibility: [-1, 0, 0, -1] }),
    ) as Record<string, any>;
    expect(plain.spatial.weight).toBe(7);
    expect(plain).not.toHaveProperty("compatibility");
    // A search and a run begin from single numbers.
    expect(() => parametersOf(parseParams(text), "a.json")).toThrow(
      /^a\.json: expected weights of one number for all classes, .*, got a compatibility matrix — .* --init$/,
    );
    expect(parametersOf(parseParams(formatLayer(layer)))).toEqual(some);
  });

  const damaged = (change: (params: Record<string, any>) => void): string => {
    const params = JSON.parse(formatParams(some)) as Record<string, any>;
    change(params);
    return JSON.stringify(params);
  };

  test.each([
    [
      "something else",
      "{}",
      /^here\.json: expected parameters of crf-rnn params 1, got other JSON — write them by crf-rnn search$/,
    ],
    ["no JSON", "θ", /^here\.json at byte 0: expected JSON, got /],
    [
      "a negative bandwidth",
      damaged((all) => (all.bilateral.position = -3)),
      /expected bilateral\.position: a number above 0, got -3/,
    ],
    [
      "half an iteration",
      damaged((all) => (all.iterations = 2.5)),
      /expected iterations: a whole number 1…1000, got 2\.5/,
    ],
    [
      "a matrix with a short row",
      damaged((all) => (all.bilateral.weight = [[1, 0], [1]])),
      /expected bilateral\.weight: a number above 0, a list of one number for each class, or a list of rows of a matrix, got /,
    ],
    [
      "a compatibility that is no matrix",
      damaged((all) => (all.compatibility = [-1, -1])),
      /expected compatibility: a list of rows, as long as there are, got /,
    ],
    ["no temperature", damaged((all) => delete all.temperature), /expected temperature: "temperature", got undefined/],
    ["an unknown normalization", damaged((all) => (all.normalization = "sum")), /expected normalization: .*got "sum"/],
  ])("is refused where it is %s", (_, text, sentence) => {
    expect(() => parseParams(text, "here.json")).toThrow(sentence);
  });
});
