import type { ReadonlySignal } from "@preact/signals";
import type { JSX } from "preact";
import { Panel } from "../../ui/Panel.tsx";
import { Segmented } from "../../ui/Segmented.tsx";
import { Select } from "../../ui/Select.tsx";
import { Slider } from "../../ui/Slider.tsx";
import { Switch } from "../../ui/Switch.tsx";
import { FolderPicker } from "./FolderPicker.tsx";
import { differs, run, set, settings, step } from "./state.ts";
import { settingLimits as limits, shares, sizes, stages, usualSettings as usual } from "./settings.ts";

interface ControlsProps {
  readonly active: ReadonlySignal<boolean>;
}

export function Controls({ active }: ControlsProps): JSX.Element {
  const { stage } = settings.value;
  return (
    <>
      <Beginning />
      <Panel title="Pictures">
        <PicturesPart active={active} />
      </Panel>
      <Panel title="Network">
        <NetworkPart />
      </Panel>
      <Panel title="Learning">
        <LearningPart />
      </Panel>
      <Panel title="CRF at the start" open={false} aside={stage === "crf-rnn" ? undefined : "not in this stage"}>
        <CrfPart />
      </Panel>
    </>
  );
}

/** Says whether the run is one of what is set. Its place is the same in either case. */
function Beginning(): JSX.Element {
  const other = differs.value;
  return (
    <p class="learn-beginning" data-other={other} role="status">
      {other
        ? "What you have set holds for the next run: press “Begin anew”."
        : "The run has these settings. Change any of them to begin another."}
    </p>
  );
}

function PicturesPart({ active }: ControlsProps): JSX.Element {
  const { source, size, pictures } = settings.value;
  return (
    <>
      <Segmented
        label="Learn from"
        options={[
          { value: "shapes", label: "Drawn shapes" },
          { value: "folder", label: "A folder of yours" },
        ]}
        value={source}
        onChange={(value) => set({ source: value })}
        hint={
          source === "shapes"
            ? "The page draws disks, triangles and squares on a cloudy ground, with soft and noisy outlines."
            : "Your pictures stay in this browser; nothing is sent anywhere."
        }
      />
      {source === "folder" && <FolderPicker active={active} />}
      <Select
        label="Size of the pictures"
        options={sizes.map((value) => ({ value: String(value), label: `${value} pixels` }))}
        value={String(size)}
        onChange={(value) => set({ size: Number(value) })}
        hint={
          source === "shapes"
            ? "The pixels on a side; a step takes longer on larger pictures."
            : "The longer side of your pictures is made as small as this; choose the folder again after a change."
        }
      />
      {source === "shapes" && (
        <Slider
          label="Pictures"
          value={pictures}
          onInput={(value) => set({ pictures: value })}
          usual={usual.pictures}
          min={limits.pictures[0]}
          max={limits.pictures[1]}
          step={1}
          hint="How many pictures there are to learn from; five others are kept apart to validate by."
        />
      )}
    </>
  );
}

const stageNames = {
  fcn32s: "FCN-32s",
  fcn16s: "FCN-16s",
  fcn8s: "FCN-8s",
  "crf-rnn": "FCN-8s with CRF-RNN",
} as const;

const stageHints = {
  fcn32s: "The coarsest network: its scores are enlarged 32 times, so outlines stay blunt.",
  fcn16s: "Scores of two depths are added up, and enlarged 16 times.",
  fcn8s: "Scores of three depths are added up, and enlarged 8 times.",
  "crf-rnn": "FCN-8s, and mean-field inference of a CRF on top of it, learned end to end.",
} as const;

function NetworkPart(): JSX.Element {
  const { stage, share, dropout } = settings.value;
  return (
    <>
      <Select
        label="Stage"
        options={stages.map((value) => ({ value, label: stageNames[value] }))}
        value={stage}
        onChange={(value) => set({ stage: value })}
        hint={stageHints[stage]}
      />
      <Select
        label="Width"
        options={shares.map((value) => ({ value: String(value), label: `1⁄${value} of VGG-16's channels` }))}
        value={String(share)}
        onChange={(value) => set({ share: Number(value) })}
        hint="A wider network learns more from more pictures, and takes more time and memory for a step."
      />
      <Slider
        label="Dropout"
        value={dropout}
        onInput={(value) => set({ dropout: value })}
        usual={usual.dropout}
        min={limits.dropout[0]}
        max={limits.dropout[1]}
        step={0.05}
        hint="The share of fc6 and fc7 that is left out at random in each step, so that none relies on another."
      />
    </>
  );
}

function LearningPart(): JSX.Element {
  const { rate, batch, seed, begin: from, stage, network, weights, compatibility, bandwidths } = settings.value;
  const crf = stage === "crf-rnn";
  const learned = from === "learned";
  const some = step.value > 0 || (run.value?.bytes ?? 0) > 0;
  return (
    <>
      <Segmented
        label="Begin from"
        options={[
          { value: "nothing", label: "Nothing" },
          { value: "learned", label: "What was learned", disabled: !some && !learned },
        ]}
        value={from}
        onChange={(value) => set({ begin: value })}
        hint={
          learned
            ? "The next run takes over all layers of this one that fit, as from FCN-8s to FCN-8s with CRF-RNN."
            : "The network begins at random, drawn by the seed."
        }
      />
      <Slider
        label="Learning rate"
        value={rate}
        onInput={(value) => set({ rate: value })}
        usual={usual.rate}
        min={limits.rate[0]}
        max={limits.rate[1]}
        scale="log"
        hint="How far Adam goes in each step; too far, and the loss jumps or ends in NaN."
      />
      <Slider
        label="Batch"
        value={batch}
        onInput={(value) => set({ batch: value })}
        usual={usual.batch}
        min={limits.batch[0]}
        max={limits.batch[1]}
        step={1}
        hint="How many pictures have their gradients summed for one step."
      />
      <Slider
        label="Seed"
        value={seed}
        onInput={(value) => set({ seed: value })}
        usual={usual.seed}
        min={limits.seed[0]}
        max={limits.seed[1]}
        step={1}
        hint="Draws the shapes, the first weights, the order and the dropout; the same seed gives the same run."
      />
      <fieldset class="field learn-what" disabled={!crf}>
        <legend class="field-label">Learn</legend>
        <Switch
          label="The network"
          value={network || !learned}
          disabled={!crf || !learned}
          onChange={(value) => set({ network: value })}
          hint="Off, the CRF alone learns, over a network that was learned before."
        />
        <Switch
          label="Spatial and bilateral weights"
          value={weights}
          disabled={!crf}
          onChange={(value) => set({ weights: value })}
        />
        <Switch
          label="Compatibility"
          value={compatibility}
          disabled={!crf}
          onChange={(value) => set({ compatibility: value })}
        />
        <Switch
          label="Bandwidths"
          value={bandwidths}
          disabled={!crf}
          onChange={(value) => set({ bandwidths: value })}
          hint="How far pixels reach each other, in position and color."
        />
      </fieldset>
    </>
  );
}

function CrfPart(): JSX.Element {
  const { stage, iterations, alpha, beta, gamma, spatial, bilateral } = settings.value;
  const shared = { disabled: stage !== "crf-rnn" };
  return (
    <>
      <Slider
        label="Iterations"
        value={iterations}
        onInput={(value) => set({ iterations: value })}
        usual={usual.iterations}
        min={limits.iterations[0]}
        max={limits.iterations[1]}
        step={1}
        hint="Mean-field iterations; each takes its share of a step's time."
        {...shared}
      />
      <Slider
        label="θα"
        unit="px"
        value={alpha}
        onInput={(value) => set({ alpha: value })}
        usual={usual.alpha}
        min={limits.alpha[0]}
        max={limits.alpha[1]}
        scale="log"
        hint="How far pixels of like color reach each other."
        {...shared}
      />
      <Slider
        label="θβ"
        value={beta}
        onInput={(value) => set({ beta: value })}
        usual={usual.beta}
        min={limits.beta[0]}
        max={limits.beta[1]}
        scale="log"
        hint="How unlike colors may be, in levels of 255, before pixels no longer reach each other."
        {...shared}
      />
      <Slider
        label="θγ"
        unit="px"
        value={gamma}
        onInput={(value) => set({ gamma: value })}
        usual={usual.gamma}
        min={limits.gamma[0]}
        max={limits.gamma[1]}
        scale="log"
        hint="How far pixels reach each other whatever their color."
        {...shared}
      />
      <Slider
        label="Spatial weight"
        value={spatial}
        onInput={(value) => set({ spatial: value })}
        usual={usual.spatial}
        min={limits.spatial[0]}
        max={limits.spatial[1]}
        step={0.1}
        hint="How strongly near pixels speak for their own class at first."
        {...shared}
      />
      <Slider
        label="Bilateral weight"
        value={bilateral}
        onInput={(value) => set({ bilateral: value })}
        usual={usual.bilateral}
        min={limits.bilateral[0]}
        max={limits.bilateral[1]}
        step={0.1}
        hint="How strongly near pixels of like color speak for their own class at first."
        {...shared}
      />
    </>
  );
}
