import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Button } from "../../../ui/Button.tsx";
import { Figures } from "../../../ui/Figures.tsx";
import { Panel } from "../../../ui/Panel.tsx";
import { Segmented } from "../../../ui/Segmented.tsx";
import { Slider } from "../../../ui/Slider.tsx";
import { Switch } from "../../../ui/Switch.tsx";
import { Drawing, fit } from "../Drawing.tsx";
import { Lesson } from "../Lesson.tsx";
import { counted, shown } from "../numbers.ts";
import { Pickable } from "../Pickable.tsx";
import {
  change,
  chosen,
  defaults,
  parameters,
  picture,
  plane,
  type SignalName,
  type Step,
  step,
  steps,
  togglePoint,
} from "../state.ts";
import { corners } from "./corners.ts";
import { drawPlane, margin } from "./drawPlane.ts";
import { goTo, play, playing } from "./player.ts";
import { Simplex } from "./Simplex.tsx";

/** What a press on the picture does. */
const press = signal<"choose" | "points">("choose");

const names: Readonly<Record<Step, string>> = {
  pixels: "Pixels",
  splat: "Splat",
  blur0: "Blur 0",
  blur1: "Blur 1",
  blur2: "Blur 2",
  slice: "Slice",
};

/** What is seen at each step. */
const lessons: Readonly<Record<Step, { readonly title: string; readonly text: string }>> = {
  pixels: {
    title: "Every pixel lies in a triangle",
    text: "The lattice divides the plane of features into equal triangles, whose sides are one bandwidth long. A pixel is a mixture of the three vertices of its simplex; each barycentric weight is the share of the triangle that lies across from its vertex.",
  },
  splat: {
    title: "Splat: pixels give to vertices",
    text: "Each pixel gives its value to the three vertices of its simplex, in proportion to its barycentric weights. A vertex holds the sum of what all pixels around it give.",
  },
  blur0: {
    title: "Blur along axis 0",
    text: "Along an axis every vertex keeps what it holds and adds half of what its two neighbors hold. Arrows lead to the vertices of the chosen pixel; a neighbor that does not exist counts as zero.",
  },
  blur1: {
    title: "Blur along axis 1",
    text: "The same along the next axis, with what the first one left. Values that lay on a line spread over the plane.",
  },
  blur2: {
    title: "Blur along axis 2",
    text: "After the last axis a value has reached all vertices around its own: together the three blurs have nearly the shape of a Gaussian.",
  },
  slice: {
    title: "Slice: pixels collect from vertices",
    text: "Each pixel collects from the three vertices of its simplex, with the same barycentric weights as in the splat. The result times α = 0.8, which undoes the gain of the blur, is what the filter gives.",
  },
};

export function PlaneStage(): JSX.Element {
  const { x, y } = chosen.value;
  const onPress = press.value === "points" && parameters.value.signal === "points" ? togglePoint : undefined;
  return (
    <Pickable
      label="The picture with its lattice"
      status={`Column ${x}, row ${y}: barycentric weights ${corners.value.map(({ weight }) => shown(weight, 2)).join(", ")}.`}
      keys="Arrow keys choose another pixel, with Shift ten pixels further. Enter sets a point there, or takes it away."
      place={(size) => picture.peek() && fit(picture.peek()!, size, margin)}
      onPress={onPress}
      onEnter={(column, row) => parameters.peek().signal === "points" && togglePoint(column, row)}
    >
      <Drawing draw={drawPlane} />
    </Pickable>
  );
}

export function PlaneTools(): JSX.Element | null {
  if (parameters.value.signal === "gray") return null;
  return (
    <Segmented
      label="What a press on the picture does"
      unlabeled
      options={[
        { value: "choose", label: "Choose a pixel" },
        { value: "points", label: "Set points" },
      ]}
      value={press.value}
      onChange={(value) => (press.value = value)}
    />
  );
}

export function PlaneBelow(): JSX.Element {
  const now = step.value;
  const index = steps.indexOf(now);
  const row = useRef<HTMLDivElement>(null);
  // Where the row is wider than its place, the step on view is brought into it.
  useEffect(() => {
    const [box, own] = [row.current!, row.current!.querySelector<HTMLElement>(".segment:has(:checked)")];
    if (!own) return;
    const { left, width } = own.getBoundingClientRect();
    box.scrollLeft += left + width / 2 - box.getBoundingClientRect().left - box.clientWidth / 2;
  }, [now]);
  return (
    <div class="inside-player" ref={row}>
      <Button
        look="primary"
        icon={playing.value ? "pause" : "play"}
        label={playing.value ? "Pause" : "Play the steps one after the other"}
        onClick={play}
      />
      <Segmented
        label="Step"
        unlabeled
        options={steps.map((value) => ({ value, label: names[value] }))}
        value={now}
        onChange={(value) => goTo(steps.indexOf(value))}
      />
      <Button icon="step" label="Next step" disabled={index === steps.length - 1} onClick={() => goTo(index + 1)} />
    </div>
  );
}

export function PlaneLesson(): JSX.Element {
  const disks = parameters.value.signal === "gray" ? "the tone" : "the area";
  const all = steps.map((name) => {
    const { title, text } = lessons[name];
    return { name, title, text: name === "pixels" ? text : `${text} Disks have ${disks} of what a vertex holds.` };
  });
  return <Lesson all={all} now={step.value} />;
}

export function PlaneControls(): JSX.Element {
  const { theta, signal: kind, normalized, points } = parameters.value;
  const now = plane.value;
  const pixels = now && now.width * now.height;
  const vertices = now && now.places.length / 2;
  return (
    <>
      <Panel title="The chosen pixel" aside={`x ${chosen.value.x}, y ${chosen.value.y}`}>
        <Simplex />
      </Panel>
      <Panel title="The lattice">
        <Slider
          label="Bandwidth θγ"
          unit="px"
          value={theta}
          onInput={(value) => change({ theta: value })}
          usual={defaults.theta}
          min={2}
          max={64}
          scale="log"
          hint="Says how far “near” reaches in the picture, which is the side of a triangle."
        />
        <Figures
          items={[
            { label: "Pixels", value: pixels && counted(pixels) },
            { label: "Vertices", value: vertices && counted(vertices) },
            { label: "Pixels a vertex", value: pixels && vertices && shown(pixels / vertices, 1) },
          ]}
        />
        <p class="hint">
          Only vertices that a pixel touches exist. The fewer there are, the shorter is the detour over the lattice.
        </p>
      </Panel>
      <Panel title="The signal">
        <Segmented<SignalName>
          label="What is filtered"
          options={[
            { value: "points", label: "Points of yours" },
            { value: "gray", label: "Gray values" },
          ]}
          value={kind}
          onChange={(value) => change({ signal: value })}
          hint={
            kind === "points"
              ? "Pixels that you mark carry 1 and all others 0."
              : "Every pixel carries the gray value of the picture, from 0 to 1."
          }
        />
        <div class="inside-row">
          <Button icon="add" disabled={kind !== "points"} onClick={() => togglePoint(chosen.peek().x, chosen.peek().y)}>
            A point here
          </Button>
          <Button
            icon="eraser"
            disabled={kind !== "points" || points.length === 0}
            onClick={() => change({ points: [] })}
          >
            No points
          </Button>
        </div>
        <Switch
          label="Normalized"
          value={normalized}
          onChange={(value) => change({ normalized: value })}
          hint="Divides the result by what the filter makes of ones, so that only shares count and the border is no darker."
        />
      </Panel>
    </>
  );
}
