import { effect, signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { room } from "../../../shell/address.ts";
import { classColor } from "../../../style/classes.ts";
import { Button } from "../../../ui/Button.tsx";
import { Figures } from "../../../ui/Figures.tsx";
import { Panel } from "../../../ui/Panel.tsx";
import { Slider } from "../../../ui/Slider.tsx";
import { Swatch } from "../../../ui/Swatch.tsx";
import "../../../ui/Slider.css";
import { Drawing, fit } from "../Drawing.tsx";
import { Lesson } from "../Lesson.tsx";
import { counted, percent, shown } from "../numbers.ts";
import { Pickable } from "../Pickable.tsx";
import { change, chosen, defaults, iterations, parameters, picture, size, stages, view } from "../state.ts";
import { factsOf, figure, type StageFacts } from "./figure.ts";
import { classNames, drawStage, fullOf, margin, progress } from "./maps.ts";
import type { StageName } from "./stages.ts";

const drawLarge = drawStage(() => parameters.value.stage, true);
const drawSmall = Object.fromEntries(
  figure.map(({ name }) => [name, drawStage(() => name, false)]),
) as unknown as Readonly<Record<StageName, ReturnType<typeof drawStage>>>;

/** How long each iteration stays on view while they are played, in milliseconds. */
const rest = 1000;
const playing = signal(false);

effect(() => {
  if (!playing.value) return undefined;
  if (room.value !== "inside" || view.value !== "iteration") {
    playing.value = false;
    return undefined;
  }
  const timer = setInterval(() => {
    const { iteration } = parameters.peek();
    if (iteration + 1 >= iterations) playing.value = false;
    if (iteration < iterations) change({ iteration: iteration + 1 });
  }, rest);
  return () => clearInterval(timer);
});

function play(): void {
  if (!playing.peek() && parameters.peek().iteration === iterations) change({ iteration: 1 });
  playing.value = !playing.peek();
}

export function IterationStage(): JSX.Element {
  const { x, y, pixel } = chosen.value;
  const { stage, class: label } = parameters.value;
  const { title } = factsOf(stage);
  const names = classNames.value;
  const value = stages.value?.maps[stage][pixel * stages.value.classes + label];
  return (
    <div class="inside-iteration">
      <Pickable
        label={`${title} of the class ${names[label] ?? ""}`}
        status={`Column ${x}, row ${y}: ${value === undefined ? "" : shown(value, 2)}.`}
        keys="Arrow keys choose another pixel, with Shift ten pixels further."
        place={(box) => picture.peek() && fit(picture.peek()!, box, margin)}
      >
        <Drawing draw={drawLarge} />
      </Pickable>
      <Figure />
    </div>
  );
}

/** The layers of the paper's figure, above the stages that belong to them. */
const layers = [
  { title: "Message passing", area: "1 / 3 / 2 / 4" },
  { title: "Weighting", area: "1 / 5 / 2 / 8" },
  { title: "Compatibility", area: "1 / 9 / 2 / 10" },
  { title: "Unary", area: "1 / 11 / 2 / 12" },
  { title: "Activation", area: "1 / 13 / 2 / 14" },
];

/** The figure of the paper, with a live map at every stage: each is a radio button that shows its map large. */
function Figure(): JSX.Element {
  const { width, height } = size.value;
  const { stage } = parameters.value;
  const strip = useRef<HTMLFieldSetElement>(null);
  // Where the figure is wider than its place, the stage on view is brought into it; the page stays where it is.
  useEffect(() => {
    const [box, own] = [strip.current!, strip.current!.querySelector<HTMLElement>(".figure-stage:has(:checked)")];
    if (own) box.scrollLeft = own.offsetLeft - (box.clientWidth - own.offsetWidth) / 2;
  }, [stage]);
  return (
    <fieldset ref={strip} class="inside-figure" style={{ "--aspect": `${width} / ${height}` }}>
      <legend class="unseen">Stage of the iteration</legend>
      {layers.map(({ title, area }) => (
        <span key={title} class="figure-layer" style={{ gridArea: area }} aria-hidden="true">
          {title}
        </span>
      ))}
      {figure.map((facts) => (
        <Stage key={facts.name} facts={facts} />
      ))}
      {["first", "second", "third", "fourth", "fifth", "sixth"].map((name) => (
        <svg key={name} class={`figure-arrow figure-${name}`} viewBox="0 0 18 18" aria-hidden="true">
          <path d="M2 9h12M10 4.5 14.5 9 10 13.5" />
        </svg>
      ))}
    </fieldset>
  );
}

function Stage({ facts: { name, title, formula } }: { readonly facts: StageFacts }): JSX.Element {
  return (
    <label class={`figure-stage figure-${name}`}>
      <input
        type="radio"
        name="stage"
        value={name}
        aria-label={`${title}, ${formula}`}
        checked={parameters.value.stage === name}
        onChange={() => change({ stage: name })}
      />
      <span class="figure-map">
        <Drawing draw={drawSmall[name]} />
      </span>
      <span class="figure-title">{title}</span>
      <span class="figure-formula">
        <Formula text={formula} />
      </span>
    </label>
  );
}

/** A formula with letters below the line where Unicode has none. */
function Formula({ text }: { readonly text: string }): JSX.Element {
  return <>{text.split(/_(\w)/).map((part, i) => (i % 2 === 1 ? <sub key={i}>{part}</sub> : part))}</>;
}

export function IterationTools(): JSX.Element {
  const names = classNames.value;
  return (
    <fieldset class="inside-classes">
      <legend class="unseen">Class whose maps are shown</legend>
      {names.map((name, label) => (
        <label key={name}>
          <input
            type="radio"
            name="class"
            value={label}
            checked={parameters.value.class === label}
            onChange={() => change({ class: label })}
          />
          <span>
            <Swatch rgb={classColor(label).rgb} />
            {name}
          </span>
        </label>
      ))}
    </fieldset>
  );
}

export function IterationBelow(): JSX.Element {
  const { iteration, stage } = parameters.value;
  const now = stages.value;
  const full = now ? shown(fullOf(now, stage), factsOf(stage).kind === "share" ? 0 : 1) : "–";
  const part = (iteration - 1) / (iterations - 1);
  return (
    <div class="inside-player">
      <Button
        look="primary"
        icon={playing.value ? "pause" : "play"}
        label={playing.value ? "Pause" : "Play the iterations one after the other"}
        onClick={play}
      />
      <label class="inside-iterations">
        <span>
          Iteration <b>{iteration}</b> of {iterations}
        </span>
        <span class="slider" style={{ "--part": part, "--usual": 0 }}>
          <input
            type="range"
            min={1}
            max={iterations}
            step={1}
            value={iteration}
            aria-valuetext={`${iteration} of ${iterations}`}
            onInput={({ currentTarget }) => change({ iteration: Number(currentTarget.value) })}
          />
        </span>
      </label>
      <Scale kind={factsOf(stage).kind} full={full} />
    </div>
  );
}

function Scale({ kind, full }: { readonly kind: string; readonly full: string }): JSX.Element {
  const { rgb } = classColor(parameters.value.class);
  return (
    <span class="inside-scale" data-kind={kind} style={{ "--full": `rgb(${rgb.join(" ")})` }}>
      {kind === "signed" ? `−${full}` : "0"}
      <i aria-hidden="true" />
      {full}
    </span>
  );
}

export function IterationLesson(): JSX.Element {
  const all = figure.map(({ name, title, text, layer, formula }) => {
    const line = (
      <>
        {layer}: <Formula text={formula} />
      </>
    );
    return { name, title, text, line };
  });
  return <Lesson all={all} now={parameters.value.stage} />;
}

export function IterationControls(): JSX.Element {
  const values = parameters.value;
  const now = progress.value;
  return (
    <>
      <Panel title="The chosen pixel" aside={`x ${chosen.value.x}, y ${chosen.value.y}`}>
        <Stations />
      </Panel>
      <Panel title="This iteration">
        <Figures
          items={[
            { label: "Change their class", unit: "px", value: now && counted(now.changed) },
            { label: "Mean confidence", value: now && percent(now.confidence) },
          ]}
        />
        <p class="hint">Most happens in the first iterations; the paper trains with 5 and infers with 10.</p>
      </Panel>
      <Panel title="Parameters">
        <Slider
          label="Bilateral weight"
          value={values.bilateralWeight}
          onInput={(value) => change({ bilateralWeight: value })}
          usual={defaults.bilateralWeight}
          min={0}
          max={20}
          step={0.1}
          hint="Says how much the message of what is near and alike counts."
        />
        <Slider
          label="Spatial weight"
          value={values.spatialWeight}
          onInput={(value) => change({ spatialWeight: value })}
          usual={defaults.spatialWeight}
          min={0}
          max={20}
          step={0.1}
          hint="Says how much the message of what is near counts."
        />
        <Slider
          label="Position θα"
          unit="px"
          value={values.alpha}
          onInput={(value) => change({ alpha: value })}
          usual={defaults.alpha}
          min={1}
          max={400}
          scale="log"
          hint="Says how far the bilateral filter reaches in the picture."
        />
        <Slider
          label="Color θβ"
          value={values.beta}
          onInput={(value) => change({ beta: value })}
          usual={defaults.beta}
          min={1}
          max={128}
          scale="log"
          hint="Says how many color levels apart two pixels may be and still be alike."
        />
        <Slider
          label="Position θγ"
          unit="px"
          value={values.gamma}
          onInput={(value) => change({ gamma: value })}
          usual={defaults.gamma}
          min={1}
          max={64}
          scale="log"
          hint="Says how far the spatial filter reaches in the picture."
        />
      </Panel>
    </>
  );
}

/** The numbers of the chosen pixel at every stage, a class a column. */
function Stations(): JSX.Element {
  const now = stages.value;
  const names = classNames.value;
  const { pixel } = chosen.value;
  const { stage } = parameters.value;
  return (
    <table class="inside-table inside-stations">
      <caption class="unseen">The chosen pixel at every stage of the iteration</caption>
      <thead>
        <tr>
          <th scope="col">stage</th>
          {names.map((name, label) => (
            <th key={name} scope="col">
              <Swatch rgb={classColor(label).rgb} /> {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {figure.map(({ name, formula }) => (
          <tr key={name} data-stage={name} data-current={name === stage}>
            <th scope="row">
              <Formula text={formula} />
            </th>
            {names.map((one, label) => {
              const value =
                now && now.classes === names.length ? now.maps[name][pixel * now.classes + label] : undefined;
              return <td key={one}>{value === undefined ? "–" : shown(value, 2)}</td>;
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
