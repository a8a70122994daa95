import type { ComponentChildren, JSX } from "preact";

/** What there is to learn from what is on view. */
export interface LessonText {
  readonly name: string;
  readonly title: string;
  /** What stands between the title and the text. */
  readonly line?: ComponentChildren;
  readonly text: string;
}

/** The sentences beside a picture. All of them lie in one place, of which one is seen, so that nothing below moves when another is. */
export function Lesson({ all, now }: { readonly all: readonly LessonText[]; readonly now: string }): JSX.Element {
  return (
    <div class="inside-lessons" aria-live="polite">
      {all.map(({ name, title, line, text }) => (
        <div key={name} class="inside-lesson" data-shown={name === now}>
          <h2>{title}</h2>
          {line && <p class="inside-layer">{line}</p>}
          <p>{text}</p>
        </div>
      ))}
    </div>
  );
}
