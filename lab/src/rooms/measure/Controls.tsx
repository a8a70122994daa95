import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useId } from "preact/hooks";
import { notifyError } from "../../shell/notices.ts";
import { Button } from "../../ui/Button.tsx";
import { Field, hintOf } from "../../ui/Field.tsx";
import { FileButton } from "../../ui/FileButton.tsx";
import { Notice } from "../../ui/Notice.tsx";
import { Panel } from "../../ui/Panel.tsx";
import { Segmented } from "../../ui/Segmented.tsx";
import { Select } from "../../ui/Select.tsx";
import { Slider } from "../../ui/Slider.tsx";
import { duration } from "./format.ts";
import { copy, save } from "./keep.ts";
import { type Choice, parameters, type Size, sizes } from "./parameters.ts";
import { issueText, issueTitle } from "./report.ts";
import { asked, expected, facts, figures, json, load, markdown, others, running } from "./state.ts";

export function Controls(): JSX.Element {
  return (
    <>
      <What />
      <Compare />
      <TakeAlong />
      <Send />
    </>
  );
}

const hints: Readonly<Record<Choice, string>> = {
  short: "A short run has the kernels that take most of the time, and what people wait for.",
  all: "All is every kernel and everything made of them.",
  named: "By name measures the lines whose names match a regular expression.",
};

const sizeWords: Readonly<Record<Size, string>> = {
  "500x375": "500 × 375, as crf-rnn bench does",
  "250x188": "250 × 188, for slow machines",
  "60x45": "60 × 45, to try it",
};

function What(): JSX.Element {
  const { lines, seconds, size } = parameters.value;
  const disabled = running.value !== undefined;
  const set = (changed: Partial<typeof parameters.value>): void =>
    void (parameters.value = { ...parameters.peek(), ...changed });
  return (
    <Panel title="What is measured" aside={`about ${duration(expected.value)}`}>
      <Segmented
        label="Lines"
        options={[
          { value: "short", label: "Short", disabled },
          { value: "all", label: "All", disabled },
          { value: "named", label: "By name", disabled },
        ]}
        value={lines}
        onChange={(chosen) => set({ lines: chosen })}
        hint={hints[lines]}
      />
      {lines === "named" && <Pattern disabled={disabled} onInput={(only) => set({ only })} />}
      <Slider
        label="Seconds a line"
        value={seconds}
        usual={0.2}
        min={0.05}
        max={2}
        step={0.05}
        unit="s"
        hint="Each line is measured again and again for so long; the least time counts, and the median stands beside it."
        disabled={disabled}
        onInput={(value) => set({ seconds: value })}
      />
      <Select
        label="Picture"
        options={sizes.map((value) => ({ value, label: sizeWords[value] }))}
        value={size}
        onChange={(value) => set({ size: value })}
        hint="The picture is made up, and fills the lattice as a photograph does. Only runs on pictures of one size compare."
        disabled={disabled}
      />
    </Panel>
  );
}

function Pattern({ disabled, onInput }: { readonly disabled: boolean; readonly onInput: (only: string) => void }) {
  const id = useId();
  const names = asked.value;
  const many = names === undefined ? "This is no regular expression." : `It matches ${names.length} lines.`;
  const hint = `Such as “lattice|^filter”. ${many}`;
  return (
    <Field id={id} label="Pattern" hint={hint}>
      <input
        class="entry"
        id={id}
        value={parameters.value.only}
        disabled={disabled}
        spellcheck={false}
        autocapitalize="off"
        aria-invalid={names === undefined}
        aria-describedby={hintOf(id, hint)}
        onInput={({ currentTarget }) => onInput(currentTarget.value)}
      />
    </Field>
  );
}

function Compare(): JSX.Element {
  const other = others.value;
  const { image } = figures.value ?? {};
  const differs =
    other?.image && image && (other.image.width !== image.width || other.image.height !== image.height)
      ? `The other run measured a picture of ${other.image.width} × ${other.image.height}, this one ${image.width} × ${image.height}: their times do not compare.`
      : undefined;
  return (
    <Panel title="Compare">
      <p class="hint">
        Drop figures that were saved here or by <code>crf-rnn bench --save</code>. A ratio above 1 says that this run is
        the faster one.
      </p>
      {other && <p class="measure-other">{other.times.name}</p>}
      {differs && <Notice kind="warning" text={differs} />}
      <div class="measure-buttons">
        <FileButton accept=".json,application/json" onFiles={(files) => void load(files)}>
          Open figures
        </FileButton>
        <Button icon="close" disabled={!other} onClick={() => (others.value = undefined)}>
          Clear
        </Button>
      </div>
    </Panel>
  );
}

/** A name of a file that says what is in it. */
function fileName(): string {
  const { name = "", kind = "" } = figures.peek()?.device ?? {};
  const words = `${kind} ${name}`.toLowerCase().replace(/[^a-z0-9]+/g, "-");
  return `crf-rnn-bench-${words.slice(0, 60).replace(/-+$/, "")}.json`;
}

function TakeAlong(): JSX.Element {
  const measured = figures.value;
  const disabled = !measured;
  const asTable = async (): Promise<void> => {
    await copy(await markdown(measured!), "The table in Markdown");
  };
  return (
    <Panel title="Take the figures along">
      <div class="measure-buttons">
        <Button icon="download" disabled={disabled} onClick={() => save(fileName(), json.value)}>
          Save JSON
        </Button>
        <Button icon="copy" disabled={disabled} onClick={() => void copy(json.value, "The JSON")}>
          Copy JSON
        </Button>
        <Button icon="copy" disabled={disabled} onClick={() => void asTable()}>
          Copy Markdown
        </Button>
      </div>
      <p class="hint">
        The file is what <code>crf-rnn bench --save</code> writes, with the facts of the machine. On the command line,{" "}
        <code>crf-rnn bench --compare</code> reads it.
      </p>
    </Panel>
  );
}

/** The text of an issue with the figures of the last run. */
const text = signal("");

function Send(): JSX.Element {
  const id = useId();
  const measured = figures.value;
  useEffect(() => {
    text.value = "";
    if (measured) markdown(measured).then((table) => (text.value = issueText(measured, table)), notifyError);
  }, [measured]);
  const software = facts.value?.kind === "webgpu" && !facts.value.hardware;
  return (
    <Panel title="Send us your figures">
      <p class="hint">
        We have few GPUs. Measure (all of it, if you have the time), then open an issue where you have this package
        from, and paste the text below: a table, and the JSON folded away. Nothing is sent by this page. The text names
        your browser and your adapter, and nothing else of you; fill in the card, the driver and the system, which a
        page cannot see.
      </p>
      {software && (
        <Notice
          kind="info"
          text="This is a software adapter: its figures say nothing about GPUs, so there is no need to send them."
        />
      )}
      <div class="measure-buttons">
        <Button
          icon="copy"
          look={measured && !software ? "primary" : "plain"}
          disabled={text.value === ""}
          onClick={() => void copy(text.value, "The text of an issue")}
        >
          Copy the text
        </Button>
        <Button icon="copy" disabled={!measured} onClick={() => void copy(issueTitle(measured!), "The title")}>
          Copy a title
        </Button>
      </div>
      <Field id={id} label="Text of the issue">
        <textarea
          class="entry measure-text"
          id={id}
          readOnly
          rows={6}
          value={text.value}
          placeholder="It is written when something has been measured."
        />
      </Field>
    </Panel>
  );
}
