import { effect } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { RoomProps } from "../../shell/rooms.ts";
import { Button } from "../../ui/Button.tsx";
import { Workbench } from "../../ui/Workbench.tsx";
import { Charts } from "./Charts.tsx";
import { Checkpoints } from "./Checkpoints.tsx";
import { Controls } from "./Controls.tsx";
import { Learned } from "./Learned.tsx";
import { Spoken, Summary } from "./Summary.tsx";
import { Validation } from "./Validation.tsx";
import { begin, differs, doing, openRun, opened, pause, run, speed, step, train } from "./state.ts";
import "./learn.css";

export function Room({ active }: RoomProps): JSX.Element {
  useEffect(
    () =>
      effect(() => {
        if (opened.value > 0) void openRun();
      }),
    [],
  );
  return (
    <Workbench
      label="Settings of the training"
      tools={<Tools />}
      stage={
        <div class="learn" tabIndex={0} role="region" aria-label="How the training goes">
          <div class="learn-grid">
            <Charts />
            <Validation />
            <Learned />
          </div>
        </div>
      }
      below={
        <>
          <Summary />
          <Spoken active={active} />
        </>
      }
      controls={
        <>
          <Controls active={active} />
          <Checkpoints />
        </>
      }
    />
  );
}

function Tools(): JSX.Element {
  const now = doing.value;
  const waits = now === "waiting";
  const trains = now === "training" || now === "pausing";
  return (
    <>
      <span class="learn-go">
        {trains ? (
          <Button look="primary" icon="pause" disabled={now === "pausing"} onClick={() => void pause()}>
            Pause
          </Button>
        ) : (
          <Button look="primary" icon="play" disabled={!waits} onClick={() => void train()}>
            Train
          </Button>
        )}
      </span>
      <Button icon="step" disabled={!waits} onClick={() => void train(1)}>
        One step
      </Button>
      <Button
        icon="reset"
        look={differs.value ? "primary" : "plain"}
        disabled={!waits || (step.value === 0 && !differs.value)}
        onClick={() => void begin()}
      >
        {differs.value ? "Begin anew" : "Reset"}
      </Button>
      <Counters />
    </>
  );
}

function Counters(): JSX.Element {
  const perSecond = speed.value;
  const told = perSecond === undefined ? "–" : perSecond < 10 ? perSecond.toFixed(1) : perSecond.toFixed(0);
  return (
    <dl class="learn-counters" data-ready={run.value !== undefined}>
      <div>
        <dt>Step</dt>
        <dd id="learn-step">{step.value.toLocaleString("en")}</dd>
      </div>
      <div>
        <dt>Steps a second</dt>
        <dd>{told}</dd>
      </div>
    </dl>
  );
}
