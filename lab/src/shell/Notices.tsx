import type { JSX } from "preact";
import { Notice } from "../ui/Notice.tsx";
import { dismiss, notes } from "./notices.ts";
import "./Notices.css";

/** The notices on view. Each region is in the page from the beginning, or screen readers would not follow it. */
export function Notices(): JSX.Element {
  const all = notes.value;
  const urgent = all.filter(({ kind }) => kind === "error");
  const others = all.filter(({ kind }) => kind !== "error");
  const list = (some: typeof all): JSX.Element[] =>
    some.map(({ id, ...note }) => <Notice key={id} {...note} onClose={() => dismiss(id)} />);
  return (
    <div class="notices">
      <div role="alert">{list(urgent)}</div>
      <div role="status">{list(others)}</div>
    </div>
  );
}
