// Every component that rooms share, in one page, for test/lab/ui.test.ts and for the eye.
import { signal } from "@preact/signals";
import { proxy } from "comlink";
import { type JSX, render } from "preact";
import "../../../lab/src/style/tokens.css";
import "../../../lab/src/style/base.css";
import { classColor, cssColor } from "../../../lab/src/style/classes.ts";
import { connect } from "../../../lab/src/engine/connect.ts";
import { moved } from "../../../lab/src/engine/moved.ts";
import { choose, followAddress, linkTo, roomParameters } from "../../../lab/src/shell/address.ts";
import { loadPixels, loadTruth } from "../../../lab/src/pictures/load.ts";
import { pictures } from "../../../lab/src/pictures/pictures.ts";
import { Boundary } from "../../../lab/src/shell/Boundary.tsx";
import { DeviceChip } from "../../../lab/src/shell/DeviceChip.tsx";
import { Notices } from "../../../lab/src/shell/Notices.tsx";
import { Button } from "../../../lab/src/ui/Button.tsx";
import { CameraButton } from "../../../lab/src/ui/CameraButton.tsx";
import { DropZone } from "../../../lab/src/ui/DropZone.tsx";
import { Figures } from "../../../lab/src/ui/Figures.tsx";
import { FileButton } from "../../../lab/src/ui/FileButton.tsx";
import { Lattice } from "../../../lab/src/ui/Lattice.tsx";
import { MatrixEditor } from "../../../lab/src/ui/MatrixEditor.tsx";
import { Menu } from "../../../lab/src/ui/Menu.tsx";
import { Notice } from "../../../lab/src/ui/Notice.tsx";
import { Panel } from "../../../lab/src/ui/Panel.tsx";
import { PictureStrip } from "../../../lab/src/ui/PictureStrip.tsx";
import { Progress } from "../../../lab/src/ui/Progress.tsx";
import { Segmented } from "../../../lab/src/ui/Segmented.tsx";
import { Select } from "../../../lab/src/ui/Select.tsx";
import { Slider } from "../../../lab/src/ui/Slider.tsx";
import { Swatch } from "../../../lab/src/ui/Swatch.tsx";
import { Switch } from "../../../lab/src/ui/Switch.tsx";
import { Workbench } from "../../../lab/src/ui/Workbench.tsx";
import type { EchoService } from "./echo.ts";

// What stands between a page and its worker, with a device.
const connection = connect<EchoService>(
  "refine",
  () => new Worker(new URL("./echo.worker.ts", import.meta.url), { type: "module" }),
);
// Parameters that are in the address.
const parameters = roomParameters("refine", { position: 60, view: "result", open: false }, { position: [1, 400] });
followAddress();
Object.assign(globalThis, { connection, choose, linkTo, parameters, loadPixels, loadTruth, moved, pictures, proxy });

/** All that the controls say, where the test reads it. */
const state = signal({
  picture: "canyon",
  position: 60,
  weight: 0,
  tool: "brush",
  layout: "potts",
  playing: true,
  matrix: [0, -1, -0.4, -1, 0, 0.6, -0.4, 0.6, 0],
  files: "",
  done: "",
});
Object.assign(globalThis, { state });

const set = (some: Partial<typeof state.value>): void => void (state.value = { ...state.value, ...some });
const names = ["ground", "leaves", "blossoms"];
const files = (all: readonly File[]): void => set({ files: all.map(({ name }) => name).join() });

function Controls(): JSX.Element {
  const { picture, position, weight, layout, playing, matrix, tool } = state.value;
  return (
    <>
      <Panel title="Picture">
        <PictureStrip label="Picture" value={picture} onChange={({ name }) => set({ picture: name })} onFiles={files} />
      </Panel>
      <Panel title="Bilateral kernel" aside="θα, θβ">
        <Slider
          label="Position θα"
          value={position}
          onInput={(value) => set({ position: value })}
          min={1}
          max={400}
          scale="log"
          usual={60}
          unit="px"
          hint="How far apart two pixels may be and still agree."
        />
        <Slider
          label="Weight"
          value={weight}
          onInput={(value) => set({ weight: value })}
          min={-1}
          max={1}
          step={0.1}
          usual={0.5}
          hint="How much the kernel counts beside the others."
        />
        <Slider
          label="Off"
          value={3}
          onInput={() => {}}
          min={1}
          max={9}
          step={1}
          usual={3}
          hint="What cannot be set now."
          disabled
        />
      </Panel>
      <Panel title="Compatibility">
        <MatrixEditor
          label="Compatibility"
          rows={names}
          colors={names.map((_, i) => cssColor(classColor(i).rgb))}
          values={matrix}
          onInput={(values) => set({ matrix: [...values] })}
          usual={[0, -1, -1, -1, 0, -1, -1, -1, 0]}
          symmetric
          hint="What it costs that two neighbors are of these classes."
        />
        <Select
          label="Compatibility form"
          options={[
            { value: "potts", label: "Potts" },
            { value: "full", label: "Full matrix" },
          ]}
          value={layout}
          onChange={(value) => set({ layout: value })}
          hint="Potts asks only whether two classes are the same."
        />
        <Switch
          label="Play"
          value={playing}
          onChange={(value) => set({ playing: value })}
          hint="Goes through the iterations."
        />
      </Panel>
      <Panel title="Numbers">
        <Figures
          items={[
            { label: "Time", value: 12.4, unit: "ms" },
            { label: "Vertices", value: "48 210" },
            { label: "Memory", value: undefined, unit: "MB" },
          ]}
        />
        <Progress label="Training" value={0.42} detail="step 21 of 50" onCancel={() => set({ done: "stopped" })} />
        <Progress label="Building the lattice" />
        {(["info", "success", "warning", "error"] as const).map((kind) => (
          <Notice key={kind} kind={kind} text={`A sentence of the kind ${kind}, which is as long as sentences are.`} />
        ))}
      </Panel>
      <Panel title="Closed at first" open={false}>
        <p>{tool}</p>
      </Panel>
    </>
  );
}

function Tools(): JSX.Element {
  return (
    <>
      <Segmented
        label="Tool"
        unlabeled
        options={[
          { value: "brush", label: "Brush", icon: "brush" },
          { value: "eraser", label: "Eraser", icon: "eraser" },
          { value: "fill", label: "Fill", icon: "fill", disabled: true },
        ]}
        value={state.value.tool}
        onChange={(tool) => set({ tool })}
      />
      <Button look="quiet" icon="undo" label="Undo" keys="Control+Z" onClick={() => set({ done: "undone" })} />
      <Button look="quiet" icon="redo" label="Redo" disabled />
      <Button icon="eye" label="Show the drawing" pressed />
      <FileButton accept="image/*" onFiles={files}>
        Open
      </FileButton>
      <CameraButton onFile={(file) => files([file])} />
      <Menu
        label="Export"
        icon="download"
        items={[
          { label: "Label map", detail: "PNG with palette indices", run: () => set({ done: "label map" }) },
          { label: "Mask", icon: "image", run: () => set({ done: "mask" }) },
          { label: "Nothing", disabled: true, run: () => set({ done: "nothing" }) },
          { label: "Overlay", run: () => set({ done: "overlay" }) },
        ]}
      />
      <Button look="primary" icon="play">
        Run
      </Button>
    </>
  );
}

function Stage(): JSX.Element {
  return (
    <DropZone what="a photograph" onFiles={files} pastes>
      <Lattice />
    </DropZone>
  );
}

function Legend(): JSX.Element {
  return (
    <>
      {Array.from({ length: 10 }, (_, i) => (
        <span key={i} style="white-space: nowrap">
          <Swatch rgb={classColor(i).rgb} /> {classColor(i).name}
        </span>
      ))}
    </>
  );
}

function Thrower(): JSX.Element {
  if (state.value.done === "thrown") throw new Error("a canvas was expected, there is none");
  return <p id="whole">Nothing was thrown.</p>;
}

function Gallery(): JSX.Element {
  return (
    <main>
      <DeviceChip />
      <Notices />
      <Boundary title="The gallery">
        <Thrower />
      </Boundary>
      <section data-ready="">
        <h1 class="unseen">Components</h1>
        <Workbench label="Controls" tools={<Tools />} stage={<Stage />} below={<Legend />} controls={<Controls />} />
      </section>
    </main>
  );
}

render(<Gallery />, document.querySelector("#gallery")!);
