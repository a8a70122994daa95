import type { JSX } from "preact";
import type { RoomProps } from "../../shell/rooms.ts";
import { Button } from "../../ui/Button.tsx";
import { DropZone } from "../../ui/DropZone.tsx";
import { Lattice } from "../../ui/Lattice.tsx";
import { Progress } from "../../ui/Progress.tsx";
import { Workbench } from "../../ui/Workbench.tsx";
import { Ceilings } from "./Ceilings.tsx";
import { Choices } from "./Choices.tsx";
import { Controls } from "./Controls.tsx";
import { duration } from "./format.ts";
import { MachineCard } from "./MachineCard.tsx";
import { asked, expected, facts, figures, lines, load, measure, others, running, stop, wanted } from "./state.ts";
import { Composites, Kernels, search } from "./Tables.tsx";
import "./measure.css";

export function Room({ active }: RoomProps): JSX.Element {
  return (
    <Workbench
      label="What is measured, and what becomes of it"
      tools={<Tools />}
      stage={
        <DropZone
          what="figures of another machine (JSON)"
          onFiles={(files) => void load(files)}
          pastes={active.value && running.value === undefined}
        >
          <Results />
        </DropZone>
      }
      below={<Below />}
      controls={<Controls />}
    />
  );
}

function Tools(): JSX.Element {
  const count = asked.value?.length ?? 0;
  return (
    <>
      <span class="measure-go">
        {running.value ? (
          <Button icon="stop" onClick={() => void stop()}>
            Stop
          </Button>
        ) : (
          <Button look="primary" icon="play" disabled={count === 0 || !facts.value} onClick={() => void measure()}>
            Measure
          </Button>
        )}
      </span>
      <input
        class="entry measure-search"
        type="search"
        aria-label="Search the lines"
        placeholder="Search the lines"
        value={search.value}
        onInput={({ currentTarget }) => (search.value = currentTarget.value)}
      />
    </>
  );
}

function Results(): JSX.Element {
  const isEmpty = lines.value.length === 0 && wanted.value.length === 0 && !others.value;
  return (
    <div class="measure" tabIndex={0} role="region" aria-label="What was measured">
      {isEmpty && <Lattice />}
      <div class="measure-grid">
        <MachineCard />
        <Ceilings />
        {isEmpty ? <Beginning /> : <Kernels />}
        {!isEmpty && <Composites />}
        <Choices />
      </div>
    </div>
  );
}

function Beginning(): JSX.Element {
  return (
    <section class="measure-card measure-wide measure-beginning">
      <h2>What you will see</h2>
      <p>
        First the ceilings of this machine: how fast it copies memory, and how many multiply-adds it computes. Then each
        kernel, with the share of the ceiling that it reaches: a kernel that must move so many bytes cannot take less
        time than a copy of them. Last what is made of kernels, in the milliseconds that you would wait.
      </p>
      <p>
        Nothing else should compute meanwhile. Figures of another machine, dropped here, are set beside your own; and
        yours are welcome with us.
      </p>
    </section>
  );
}

function Below(): JSX.Element {
  const now = running.value;
  if (now) {
    const value = Math.max(0, now.begun - 1) / now.all;
    const detail = `${now.begun} of ${now.all}, about ${duration(now.left)} left`;
    return (
      <div class="measure-below">
        <Progress label={now.line === "" ? "The device is opened" : now.line} value={value} detail={detail} />
      </div>
    );
  }
  return (
    <p class="measure-below measure-said" role="status">
      {sentence()}
    </p>
  );
}

function sentence(): string {
  const measured = figures.value;
  const names = asked.value;
  if (names === undefined) return "The pattern is no regular expression.";
  if (measured) {
    const { kernels, composites, unused } = measured;
    const without = unused.length > 0 ? ` ${unused.length} kernels are not used on this device.` : "";
    return `${kernels.length} kernels and ${composites.length} wholes were measured.${without}`;
  }
  if (names.length === 0) return facts.value ? "No line has such a name." : "";
  return `${names.length} ${names.length === 1 ? "line" : "lines"} will take about ${duration(expected.value)}, longer on a slow machine.`;
}
