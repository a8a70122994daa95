import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { linkTo } from "../../shell/address.ts";
import { notify, notifyError } from "../../shell/notices.ts";
import { Button } from "../../ui/Button.tsx";
import { Panel } from "../../ui/Panel.tsx";
import { Segmented } from "../../ui/Segmented.tsx";
import { Select } from "../../ui/Select.tsx";
import { commandOf, programOf } from "./code.ts";
import { crf } from "./engine.ts";
import { exportAll, exportLabels, exportMask, exportOverlay } from "./exports.ts";
import { classes, result, scores } from "./state.ts";

type Language = "command" | "typescript";
const language = signal<Language>("command");
/** The class of the mask. */
const masked = signal(1);

async function copy(text: string, what: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    notify({ kind: "success", key: "copied", text: `${what} was copied.` });
  } catch {
    notify({
      kind: "warning",
      key: "copied",
      text: "The browser did not allow copying; mark the text and copy it by hand.",
    });
  }
}

const save = (work: () => Promise<void>) => () => void work().catch((error: unknown) => notifyError(error, "export"));

/** What one takes along: pictures, and what makes them again elsewhere. */
export function ExportPanel(): JSX.Element {
  const all = classes.value;
  const none = result.value === undefined;
  const label = Math.min(masked.value, all.length - 1);
  const wanted = { ...crf.value, scored: scores.value !== undefined };
  const code = language.value === "command" ? commandOf(wanted) : programOf(wanted);
  return (
    <Panel title="Export">
      <div class="refine-two">
        <Button icon="download" disabled={none} onClick={save(exportLabels)}>
          Label map
        </Button>
        <Button icon="download" disabled={none} onClick={save(exportOverlay)}>
          Overlay
        </Button>
      </div>
      <div class="refine-mask">
        <Select
          label="Mask of"
          options={all.map(({ name }, i) => ({ value: String(i), label: name }))}
          value={String(label)}
          onChange={(value) => (masked.value = Number(value))}
        />
        <Button icon="download" disabled={none} onClick={save(() => exportMask(label, false))}>
          Mask
        </Button>
        <Button icon="download" disabled={none} onClick={save(() => exportMask(label, true))}>
          Cutout
        </Button>
      </div>
      <p class="hint">
        The label map is a PNG with a palette whose index is the class. The mask is white, the cutout shows the
        photograph; the rest is transparent.
      </p>
      <Segmented
        label="Code that makes the same result"
        options={[
          { value: "command", label: "Command line" },
          { value: "typescript", label: "TypeScript" },
        ]}
        value={language.value}
        onChange={(value) => (language.value = value)}
      />
      <div class="refine-code">
        {/* What is wider than the panel is scrolled, by keys, too. */}
        <pre tabIndex={0} aria-label="Code">
          <code>{code}</code>
        </pre>
        <Button look="quiet" icon="copy" label="Copy the code" onClick={() => void copy(code, "The code")} />
      </div>
      <Button icon="download" disabled={none} onClick={save(exportAll)}>
        All its files
      </Button>
      <p class="hint">
        A ZIP archive of the photograph, what was drawn, the result, and both programs; unpack it and run them where
        crf-rnn is installed.
      </p>
      <Button icon="link" onClick={() => void copy(linkTo("refine"), "The link")}>
        Copy a link
      </Button>
      <p class="hint">The link carries the parameters and the names of the classes, not your picture.</p>
    </Panel>
  );
}
