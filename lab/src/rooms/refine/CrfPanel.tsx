import type { JSX } from "preact";
import { cssColor } from "../../style/classes.ts";
import { MatrixEditor } from "../../ui/MatrixEditor.tsx";
import { Menu } from "../../ui/Menu.tsx";
import { Panel } from "../../ui/Panel.tsx";
import { Segmented } from "../../ui/Segmented.tsx";
import { Slider } from "../../ui/Slider.tsx";
import { leastConfidence } from "./engine.ts";
import { beginnings, type CrfValues, type Normalization, parameters, ranges, set, usual } from "./parameters.ts";
import { classes, compatibility, potts, scores } from "./state.ts";

type KnobName = keyof { [Name in keyof CrfValues as CrfValues[Name] extends number ? Name : never]: unknown };

interface Knob {
  readonly name: KnobName;
  readonly label: string;
  readonly hint: string;
  readonly unit?: string;
  readonly scale?: "log";
  readonly step?: number;
}

/** The sliders, by what they belong to. */
const knobs: readonly { readonly title: string; readonly all: readonly Knob[] }[] = [
  {
    title: "Bilateral filter, over position and color",
    all: [
      {
        name: "thetaAlpha",
        label: "Distance θα",
        unit: "px",
        scale: "log",
        hint: "How far apart two pixels may be and still speak for one class, if their colors are alike.",
      },
      {
        name: "thetaBeta",
        label: "Color θβ",
        unit: "levels",
        scale: "log",
        hint: "How much two colors, of 256 levels, may differ and still count as alike.",
      },
      {
        name: "bilateralWeight",
        label: "Weight W_b",
        step: 0.1,
        hint: "How much pixels of like color, near each other, pull each other to one class.",
      },
    ],
  },
  {
    title: "Spatial filter, over position alone",
    all: [
      {
        name: "thetaGamma",
        label: "Distance θγ",
        unit: "px",
        scale: "log",
        hint: "How near two pixels must be to be smoothed together whatever their colors.",
      },
      {
        name: "spatialWeight",
        label: "Weight W_s",
        step: 0.1,
        hint: "How much neighbors pull each other to one class; it removes specks and rounds corners.",
      },
    ],
  },
  {
    title: "Inference",
    all: [
      {
        name: "iterations",
        label: "Iterations T",
        step: 1,
        hint: "How many times the pixels hear from each other; the first five bring most of the change.",
      },
    ],
  },
];

const explained: Readonly<Record<Normalization, string>> = {
  none: "Sums of Gaussians are taken as they are, so pixels with many alike weigh more.",
  before: "Each pixel’s voice is divided by how many are like it, before the filter.",
  after: "Each pixel’s messages are averaged, as in CRF-RNN.",
  symmetric: "Half of the division before the filter and half after, as in the dense CRF of 2011.",
};

/** What the CRF is made of. Weights, iterations, and normalization use the lattices again; bandwidths build them anew. */
export function CrfPanel(): JSX.Element {
  const values = parameters.value;
  const count = classes.value.length;
  return (
    <Panel title="CRF">
      <div class="refine-line">
        <Menu
          label="Begin from"
          items={beginnings.map(({ label, values: from }) => ({ label, detail: describe(from), run: () => set(from) }))}
        />
      </div>
      {knobs.map(({ title, all }) => (
        <div key={title} class="refine-group">
          <h3>{title}</h3>
          {all.map((knob) => (
            <Knobs key={knob.name} {...knob} />
          ))}
        </div>
      ))}
      {scores.value && (
        <Knobs
          name="temperature"
          label="Temperature"
          scale="log"
          hint="By what the scores that were given are divided: networks are often surer than they are right."
        />
      )}
      <Segmented
        label="Normalization"
        options={(["none", "before", "after", "symmetric"] as const).map((value) => ({ value, label: value }))}
        value={values.normalization}
        onChange={(normalization) => set({ normalization })}
        hint={explained[values.normalization]}
      />
      <Slider
        label="Confidence"
        min={ranges.confidence[0]}
        max={ranges.confidence[1]}
        step={0.01}
        value={Math.max(values.confidence, leastConfidence(count))}
        usual={usual.confidence}
        hint="How probable it is that what you drew is right; where it is low, the CRF overrules you."
        onInput={(confidence) => set({ confidence })}
      />
    </Panel>
  );
}

function Knobs({ name, ...knob }: Knob): JSX.Element {
  const [min, max] = ranges[name];
  return (
    <Slider
      {...knob}
      min={min}
      max={max}
      value={parameters.value[name]}
      usual={usual[name]}
      onInput={(value) => set({ [name]: value })}
    />
  );
}

const describe = ({
  thetaAlpha,
  thetaBeta,
  thetaGamma,
  bilateralWeight,
  spatialWeight,
  iterations,
}: Partial<CrfValues>) =>
  `θ ${thetaAlpha}, ${thetaBeta}, ${thetaGamma}; W ${bilateralWeight}, ${spatialWeight}; T ${iterations}`;

/** What the classes think of each other. */
export function CompatibilityPanel(): JSX.Element {
  const all = classes.value;
  const own = parameters.value.compatibility.length === all.length ** 2;
  return (
    <Panel title="Compatibility" aside={own ? "your own" : "Potts"} open={false}>
      {all.length <= 12 ? (
        <MatrixEditor
          label="Compatibility matrix"
          rows={all.map(({ name }, label) =>
            all.findIndex((one) => one.name === name) === label ? name : `${name} (${label})`,
          )}
          colors={all.map(({ rgb }) => cssColor(rgb))}
          values={compatibility.value}
          usual={potts(all.length)}
          onInput={(values) => enter(values, all.length)}
          hint="Row by column: what it costs a pixel to be of the row’s class where its neighbors are of the column’s; below 0 it is welcome. Potts welcomes equals alone."
        />
      ) : (
        <p class="hint">With more than twelve classes the matrix is Potts, its negative identity, here.</p>
      )}
    </Panel>
  );
}

function enter(values: readonly number[], count: number): void {
  const [least, most] = ranges.compatibility;
  const within = values.map((value) => Math.min(Math.max(value, least), most));
  const isPotts = potts(count).every((value, i) => value === within[i]);
  set({ compatibility: isPotts ? [] : within });
}
