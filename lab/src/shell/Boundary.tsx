import { Component, type ComponentChildren, type JSX } from "preact";
import { Button } from "../ui/Button.tsx";
import { Notice } from "../ui/Notice.tsx";

interface BoundaryProps {
  readonly title: string;
  readonly children: ComponentChildren;
}

/** Keeps a room's mistake within the room: a sentence in its place, and the other rooms go on. */
export class Boundary extends Component<BoundaryProps, { readonly error?: Error }> {
  override state: { readonly error?: Error } = {};

  static override getDerivedStateFromError(error: Error): { readonly error: Error } {
    return { error };
  }

  override render(): ComponentChildren {
    const { error } = this.state;
    if (!error) return this.props.children;
    const sentence = `“${this.props.title}” ran into a mistake of its own and stopped: ${error.message}`;
    return <Broken sentence={sentence} again={() => this.setState({ error: undefined })} />;
  }
}

/** What stands in the place of a room that cannot be shown. */
export function Broken({ sentence, again }: { readonly sentence: string; readonly again: () => void }): JSX.Element {
  return (
    <div class="broken" role="alert">
      <Notice kind="error" text={sentence} />
      <Button onClick={again}>Try again</Button>
    </div>
  );
}
