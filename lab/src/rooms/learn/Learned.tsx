import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { classColor, cssColor } from "../../style/classes.ts";
import { Segmented } from "../../ui/Segmented.tsx";
import "../../ui/Swatch.css";
import type { CrfValues } from "./run.ts";
import { crf, run, settings } from "./state.ts";
import { bandwidthSentence } from "./Summary.tsx";

const view = signal<"values" | "change">("change");

const matrices = [
  {
    name: "spatialWeight",
    title: "Spatial weights",
    detail: "How strongly near pixels of one class speak for a class.",
  },
  { name: "bilateralWeight", title: "Bilateral weights", detail: "The same for near pixels of like color." },
  { name: "compatibility", title: "Compatibility", detail: "How well one class goes with another." },
] as const;

const bandwidths = [
  { name: "θα", detail: "bilateral, position", unit: "px" },
  { name: "θβ", detail: "bilateral, color", unit: "levels" },
  { name: "θγ", detail: "spatial, position", unit: "px" },
] as const;

/** Matrices of more classes have no room for numbers. */
const mostNumbers = 6;

/** The CRF's three matrices and its bandwidths as they move. */
export function Learned(): JSX.Element | null {
  const [first, last] = [crf.value[0], crf.value.at(-1)];
  const classes = run.value?.classes ?? [];
  if ((run.value?.settings ?? settings.value).stage !== "crf-rnn") return null;
  return (
    <section class="learn-learned" aria-labelledby="learn-learned-title">
      <div class="learn-learned-head">
        <h2 id="learn-learned-title">What the CRF learns</h2>
        <Segmented
          label="Numbers of the matrices"
          unlabeled
          options={[
            { value: "change", label: "Difference from the start" },
            { value: "values", label: "Values" },
          ]}
          value={view.value}
          onChange={(value) => (view.value = value)}
        />
      </div>
      <div class="learn-matrices">
        {matrices.map((matrix) => (
          <Matrix key={matrix.name} {...matrix} classes={classes} first={first} last={last} />
        ))}
      </div>
      <div>
        <h3>Bandwidths</h3>
        <p class="unseen">{bandwidthSentence()}</p>
        <div class="learn-bandwidths">
          {bandwidths.map((bandwidth, index) => (
            <Bandwidth key={bandwidth.name} {...bandwidth} index={index} />
          ))}
        </div>
      </div>
    </section>
  );
}

interface MatrixProps {
  readonly name: (typeof matrices)[number]["name"];
  readonly title: string;
  readonly detail: string;
  readonly classes: readonly string[];
  readonly first: CrfValues | undefined;
  readonly last: CrfValues | undefined;
}

/** As wide as a sign, so that digits stay where they are when one comes. */
const noSign = "\u2007";

/** Two digits behind the point, as short as they can be: cells are narrow. */
const number = (value: number): string => {
  const text = Math.abs(value).toFixed(Math.abs(value) >= 10 ? 1 : 2);
  const sign = value < 0 && Number(text) !== 0 ? "−" : noSign;
  return sign + text.replace(/^0/, "");
};

function Matrix({ name, title, detail, classes, first, last }: MatrixProps): JSX.Element {
  const size = classes.length || 4;
  const changes = view.value === "change";
  const values = Array.from({ length: size * size }, (_, at) => {
    const now = last?.[name][at] ?? 0;
    return changes ? now - (first?.[name][at] ?? 0) : now;
  });
  // A change that is next to nothing is not to look like a large one.
  const largest = Math.max(changes ? 0.05 : 0.5, ...values.map(Math.abs));
  const small = size <= mostNumbers;
  return (
    <table class="learn-matrix" data-small={small} title={detail}>
      <caption>{title}</caption>
      <thead>
        <tr>
          <td />
          {Array.from({ length: size }, (_, label) => (
            <ClassHead key={label} label={label} name={classes[label]} scope="col" />
          ))}
        </tr>
      </thead>
      <tbody>
        {Array.from({ length: size }, (_, row) => (
          <tr key={row}>
            <ClassHead label={row} name={classes[row]} scope="row" />
            {Array.from({ length: size }, (_, column) => {
              const value = values[row * size + column]!;
              return (
                <td
                  key={column}
                  data-sign={Math.sign(value)}
                  style={{ "--heat": `${Math.round((70 * Math.abs(value)) / largest)}%` }}
                >
                  <span class={small ? undefined : "unseen"}>{number(value)}</span>
                </td>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface ClassHeadProps {
  readonly label: number;
  readonly name: string | undefined;
  readonly scope: "col" | "row";
}

function ClassHead({ label, name = "", scope }: ClassHeadProps): JSX.Element {
  return (
    <th scope={scope} title={name}>
      <span class="swatch" style={{ "--swatch": cssColor(classColor(label).rgb) }} />
      <span class="unseen">{name}</span>
    </th>
  );
}

interface BandwidthProps {
  readonly name: string;
  readonly detail: string;
  readonly unit: string;
  readonly index: number;
}

/** A bandwidth's way over the steps, in a line as high as it has gone. */
function Bandwidth({ name, detail, unit, index }: BandwidthProps): JSX.Element {
  const looks = crf.value;
  const values = looks.map(({ bandwidths: all }) => all[index]!);
  const { alpha, beta, gamma } = settings.value;
  // Before the run is there, what it will begin with.
  const first = values[0] ?? [alpha, beta, gamma][index]!;
  const last = values.at(-1) ?? first;
  const change = last - first;
  return (
    <div class="learn-bandwidth">
      <span class="learn-theta">
        {name} <small>{detail}</small>
      </span>
      <Way steps={looks.map(({ step }) => step)} values={values} />
      <span class="learn-theta-value">
        {last.toFixed(2)} {unit}{" "}
        <small>{change >= 0 ? `+${change.toFixed(2)}` : `−${Math.abs(change).toFixed(2)}`}</small>
      </span>
    </div>
  );
}

function Way({
  steps,
  values,
}: {
  readonly steps: readonly number[];
  readonly values: readonly number[];
}): JSX.Element {
  const first = values[0] ?? 0;
  // A tenth of the value is half of the height at least, so that a small change looks small.
  const reach = Math.max(Math.abs(first) * 0.1, 1e-3, ...values.map((value) => Math.abs(value - first)));
  const last = Math.max(steps.at(-1) ?? 0, 1);
  const points = values.map((value, at) => `${(100 * steps[at]!) / last},${10 - (9 * (value - first)) / reach}`);
  return (
    <svg class="learn-way" viewBox="0 0 100 20" preserveAspectRatio="none" aria-hidden="true">
      <path d="M0 10H100" class="learn-way-start" />
      {points.length > 1 && <polyline points={points.join(" ")} />}
    </svg>
  );
}
