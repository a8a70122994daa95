/** One training of a study. */
export interface StudyRun {
  readonly name: string;
  /** The run whose last checkpoint it begins from. */
  readonly from?: string;
  /** Flags of `crf-rnn train` besides those that all runs have. */
  readonly flags: readonly string[];
  /** Whether it has the steps of the base, or the further ones that all others have. */
  readonly base?: true;
  /** Whether its CRF begins with the parameters that were searched for. */
  readonly crf?: true;
}

/** One line of a study's table: a run, and how it is scored. */
export interface Row {
  readonly name: string;
  readonly title: string;
  readonly run: string;
  readonly crf: "none" | "disconnected" | "trained";
  /** Iterations when scored. */
  readonly iterations: number;
  /** The row that it is compared with. */
  readonly beside?: string;
  /** The difference in mean IU that the paper states, in percentage points. */
  readonly paper?: number;
}

const endToEnd = (name: string, ...flags: readonly string[]): StudyRun => ({
  name,
  from: "fcn",
  flags: ["--stage", "crf-rnn", ...flags],
  crf: true,
});

/**
 * All runs. The network of the first rows learns as many further steps, at the same rate, as those with a CRF: these alone would improve it. The
 * CRF alone learns over that network, since it stands in for its further steps.
 */
export const studyRuns: readonly StudyRun[] = [
  { name: "fcn", base: true, flags: ["--stage", "fcn8s"] },
  { name: "plain", from: "fcn", flags: ["--stage", "fcn8s"] },
  endToEnd("crf-rnn"),
  endToEnd("scalar", "--weights", "scalar", "--compatibility", "potts"),
  endToEnd("diagonal", "--weights", "diagonal", "--compatibility", "potts"),
  endToEnd("symmetric", "--weights", "diagonal", "--compatibility", "symmetric"),
  endToEnd("asymmetric", "--weights", "diagonal", "--compatibility", "full"),
  endToEnd("ten", "--iterations", "10"),
  endToEnd("untied", "--untied"),
  endToEnd("relu", "--activation", "relu"),
  endToEnd("robust", "--loss", "robust"),
  { name: "lstm", from: "fcn", flags: ["--stage", "fcn8s", "--lstm", "16"] },
  { name: "alone", from: "plain", flags: ["--stage", "crf-rnn", "--crf-only"], crf: true },
];

/** Iterations that training has where nothing else is said, as in the paper. */
export const trainingIterations = 5;

const trained = (name: string, title: string, more: Partial<Row> = {}): Row => ({
  name,
  title,
  run: name,
  crf: "trained",
  iterations: 10,
  beside: "crf-rnn",
  ...more,
});

/** The paper's Table 1, of the networks that saw COCO as well, and its section 7.1 (Zheng et al., ICCV 2015). */
export const studyRows: readonly Row[] = [
  { name: "plain", title: "FCN-8s", run: "plain", crf: "none", iterations: 0 },
  {
    name: "disconnected",
    title: "FCN-8s and a CRF, disconnected",
    run: "plain",
    crf: "disconnected",
    iterations: 10,
    beside: "plain",
    paper: 1.2,
  },
  trained("crf-rnn", "CRF-RNN, end to end", { beside: "disconnected", paper: 3.4 }),
  trained("scalar", "one weight for all classes, Potts"),
  trained("diagonal", "weights by class, Potts", { beside: "scalar", paper: 1.8 }),
  trained("symmetric", "weights by class, symmetric compatibility", { beside: "diagonal" }),
  trained("asymmetric", "weights by class, asymmetric compatibility", { beside: "diagonal", paper: 0.9 }),
  trained("five", "T = 5 in training and test", { run: "crf-rnn", iterations: 5, paper: -0.2 }),
  trained("ten", "T = 10 in training and test", { paper: -0.7 }),
  trained("alone", "CRF alone, over the network as it is", { beside: "disconnected", paper: 1 }),
  trained("untied", "independent iterations, T = 5", { iterations: 5, paper: -2 }),
  trained("relu", "ReLU in place of softmax", { paper: -1 }),
  trained("robust", "robust log-likelihood"),
  {
    name: "lstm",
    title: "FCN-8s and a convolutional LSTM, T = 5",
    run: "lstm",
    crf: "none",
    iterations: 0,
    beside: "crf-rnn",
  },
];

/** These runs and those that they begin from, in an order in which each finds what it needs. `searches`: whether parameters are searched for. */
export function runsFor(rows: readonly Row[], searches: boolean): StudyRun[] {
  const wanted = new Set(rows.map(({ run }) => run));
  const needs = ({ from, crf }: StudyRun): string[] => [
    ...(from === undefined ? [] : [from]),
    // Parameters are searched for behind the plain network.
    ...(crf && searches ? ["plain"] : []),
  ];
  if (searches && rows.some(({ crf }) => crf !== "none")) wanted.add("plain");
  for (const name of wanted)
    for (const needed of needs(studyRuns.find((run) => run.name === name)!)) wanted.add(needed);
  return studyRuns.filter(({ name }) => wanted.has(name));
}
