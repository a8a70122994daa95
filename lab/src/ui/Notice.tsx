import type { JSX } from "preact";
import { Button } from "./Button.tsx";
import { Icon } from "./Icon.tsx";
import "./Notice.css";

interface NoticeProps {
  readonly kind: "info" | "success" | "warning" | "error";
  /** A sentence. */
  readonly text: string;
  readonly action?: { readonly label: string; readonly run: () => void };
  readonly onClose?: () => void;
}

const icons = { info: "info", success: "check", warning: "warning", error: "error" } as const;
const words = { info: "", success: "", warning: "Warning: ", error: "Error: " };

/** A sentence about what happened. Where it appears by itself, whoever shows it puts it into a region that is read out. */
export function Notice({ kind, text, action, onClose }: NoticeProps): JSX.Element {
  return (
    <div class={`notice notice-${kind}`}>
      <Icon name={icons[kind]} />
      <p>
        <span class="unseen">{words[kind]}</span>
        {text}
      </p>
      {action && <Button onClick={action.run}>{action.label}</Button>}
      {onClose && <Button look="quiet" icon="close" label="Close this notice" onClick={onClose} />}
    </div>
  );
}
