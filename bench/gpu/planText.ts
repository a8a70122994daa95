import type { AdapterModel } from "./adapters.ts";
import { judge } from "./judge.ts";
import type { PlannedDispatch } from "./loads.ts";
import { predict } from "./model.ts";
import { type Plan, type RecordedPass, timeOf } from "./record.ts";
import { type Column, percent, significant, textTable } from "./text.ts";
import type { WorkOptions } from "./works.ts";

/** What is listed of a plan. */
export interface Listing {
  readonly limits: string;
  readonly dispatches: boolean;
}

/** The dispatches of one kernel in one form. */
interface Group {
  readonly id: string;
  readonly dispatches: readonly PlannedDispatch[];
  readonly milliseconds: number;
  readonly bound: string;
}

const total = (lines: readonly PlannedDispatch[], of: (line: PlannedDispatch) => number): number =>
  lines.reduce((sum, line) => sum + of(line), 0);

const longest = (lines: readonly PlannedDispatch[]): PlannedDispatch["chain"] =>
  lines.reduce((best, { chain }) => (chain.iterations > best.iterations ? chain : best), lines[0]!.chain);

const chainText = ({ iterations, wait }: PlannedDispatch["chain"]): string =>
  iterations <= 1 ? "–" : `${iterations} ${wait}s`;

const groupColumns = (all: number): readonly Column<Group>[] => [
  ["kernel", ({ id }) => id],
  ["dispatches", ({ dispatches }) => `${dispatches.length}`],
  ["GFLOP", ({ dispatches }) => significant(total(dispatches, ({ operations }) => operations) / 1e9)],
  ["MB", ({ dispatches }) => significant(total(dispatches, ({ bytes }) => bytes) / 1e6)],
  ["workgroups", ({ dispatches }) => range(dispatches.map(({ workgroups }) => workgroups))],
  ["longest chain", ({ dispatches }) => chainText(longest(dispatches))],
  ["ms", ({ milliseconds }) => significant(milliseconds)],
  ["share", ({ milliseconds }) => percent(milliseconds / all)],
  ["bound by", ({ bound }) => bound],
];

const dispatchColumns = (adapter: AdapterModel): readonly Column<PlannedDispatch>[] => [
  ["kernel", ({ id }) => id],
  ["workgroups", ({ workgroups }) => `${workgroups}`],
  ["GFLOP", ({ operations }) => significant(operations / 1e9)],
  ["padding", ({ padding }) => `${padding.toFixed(2)}×`],
  ["MB", ({ bytes }) => significant(bytes / 1e6)],
  ["chain", ({ chain }) => chainText(chain)],
  ["ms", (load) => significant(predict(adapter, load).milliseconds)],
  ["bound by", (load) => predict(adapter, load).bound],
];

const range = (values: readonly number[]): string => {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return least === most ? `${least}` : `${least}–${most}`;
};

function groupsOf(adapter: AdapterModel, { dispatches }: RecordedPass): Group[] {
  const ids = [...new Set(dispatches.map(({ id }) => id))];
  const groups = ids.map((id): Group => {
    const own = dispatches.filter((dispatch) => dispatch.id === id);
    const predicted = own.map((dispatch) => predict(adapter, dispatch));
    // What bounds the dispatch that takes longest.
    const slowest = predicted.reduce((a, b) => (b.milliseconds > a.milliseconds ? b : a));
    const milliseconds = predicted.reduce((sum, one) => sum + one.milliseconds, 0);
    return { id, dispatches: own, milliseconds, bound: slowest.bound };
  });
  return groups.sort((a, b) => b.milliseconds - a.milliseconds);
}

const titleOf = ({ work, train, width, iterations, scene }: WorkOptions): string =>
  [
    `${work}, ${scene.width}×${scene.height}`,
    work === "crf" ? undefined : `width ${width}`,
    work === "fcn8s" ? undefined : `T = ${iterations}`,
    train ? "a training step" : "forward",
    scene.source,
  ]
    .filter((part) => part !== undefined)
    .join(", ");

/** The steady pass on one GPU: kernels or dispatches, and what it is judged by. */
export function describePlan({ adapter, limits, first, again }: Plan, options: WorkOptions, listing: Listing): string {
  const { gpu } = timeOf(adapter, again);
  const judgement = judge(again.dispatches, again.submittedAt);
  const giga = (operations: number): string => `${significant(operations / 1e9)} GFLOP`;
  const worst = (lines: readonly PlannedDispatch[]): string =>
    lines.length === 0 ? "" : ` (${[...new Set(lines.map(({ id }) => id))].join(", ")})`;
  return [
    `${titleOf(options)}; ${adapter.name}, bindings of ${limits.bindingBytes} bytes (${listing.limits})`,
    listing.dispatches
      ? textTable(dispatchColumns(adapter), again.dispatches)
      : textTable(groupColumns(gpu), groupsOf(adapter, again)),
    [
      `In all ${again.dispatches.length} dispatches, ${giga(total(again.dispatches, ({ operations }) => operations))}, ${significant(total(again.dispatches, ({ bytes }) => bytes) / 1e9)} GB`,
      `Largest dispatch ${giga(judgement.largestDispatch)}, largest submission ${giga(judgement.largestSubmission)}`,
      `More than 0.1 % of the operations on fewer than 264 workgroups: ${judgement.small.length} dispatches${worst(judgement.small)}`,
      `More than 512 dependent chunks, or 64 entries of a list: ${judgement.long.length} dispatches${worst(judgement.long)}`,
    ].join("\n"),
    textTable(tallyColumns, [
      { name: "first pass", pass: first },
      { name: "steady", pass: again },
    ]),
    "",
  ].join("\n\n");
}

interface NamedPass {
  readonly name: string;
  readonly pass: RecordedPass;
}

const tallyColumns: readonly Column<NamedPass>[] = [
  ["", ({ name }) => name],
  ["dispatches", ({ pass }) => `${pass.dispatches.length}`],
  ["submissions", ({ pass }) => `${pass.tally.submissions}`],
  ["round trips", ({ pass }) => `${pass.tally.roundTrips}`],
  ["buffers made", ({ pass }) => `${pass.tally.buffers}`],
  ["their MB", ({ pass }) => significant(pass.tally.madeBytes / 1e6)],
  ["bind groups made", ({ pass }) => `${pass.tally.bindGroups}`],
  ["pipelines", ({ pass }) => `${pass.tally.pipelines}`],
  ["writes", ({ pass }) => `${pass.tally.writes}`],
  ["peak MB in use", ({ pass }) => significant(pass.usedBytes / 1e6)],
  ["of buffers", ({ pass }) => significant(pass.peakBufferBytes / 1e6)],
];

const timeColumns: readonly Column<Plan>[] = [
  ["modeled, steady pass", ({ adapter }) => adapter.name],
  ["GPU ms", ({ adapter, again }) => significant(timeOf(adapter, again).gpu)],
  ["processor ms", ({ adapter, again }) => significant(timeOf(adapter, again).host)],
  ["whole ms", ({ adapter, again }) => significant(timeOf(adapter, again).whole)],
  ["of peak", (plan) => percent(shareOfPeak(plan))],
  ["forms", ({ again }) => formsOf(again)],
];

const shareOfPeak = ({ adapter, again }: Plan): number =>
  total(again.dispatches, ({ operations }) => operations) / (timeOf(adapter, again).whole * adapter.teraflops * 1e9);

const formsOf = ({ dispatches }: RecordedPass): string =>
  [...new Set(dispatches.filter(({ form }) => form).map(({ kernel, form }) => `${kernel} ${form}`))].join(", ");

/** The model's times on all GPUs. */
export const describeTimes = (plans: readonly Plan[]): string => textTable(timeColumns, plans);

/** The same as data. */
export function factsOf(plans: readonly Plan[], options: WorkOptions, { limits }: Listing): object {
  const { scene, work, train, width, iterations } = options;
  return {
    command: "gpu:plan",
    work,
    train,
    width,
    iterations,
    image: { file: scene.source ?? null, height: scene.height, width: scene.width },
    limits,
    plans: plans.map(({ adapter, first, again }) => ({
      gpu: adapter.id,
      name: adapter.name,
      milliseconds: timeOf(adapter, again),
      first: factsOfPass(first),
      again: {
        ...factsOfPass(again),
        dispatches: again.dispatches.map((load) => ({ ...load, ...predict(adapter, load) })),
      },
    })),
  };
}

function factsOfPass({ dispatches, submittedAt, tally, usedBytes, peakBufferBytes }: RecordedPass): object {
  const { small, long, largestDispatch, largestSubmission } = judge(dispatches, submittedAt);
  return {
    ...tally,
    dispatches: dispatches.length,
    usedBytes,
    peakBufferBytes,
    largestDispatch,
    largestSubmission,
    small: small.length,
    long: long.length,
  };
}
