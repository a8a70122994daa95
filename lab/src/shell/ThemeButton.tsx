import type { JSX } from "preact";
import { Button } from "../ui/Button.tsx";
import { chooseTheme, type Theme, theme } from "./theme.ts";

const next: Readonly<Record<Theme, Theme>> = { auto: "light", light: "dark", dark: "auto" };
const words = { auto: "as the system has it", light: "light", dark: "dark" };
const icons = { auto: "contrast", light: "sun", dark: "moon" } as const;

/** Goes round the color schemes: the system's, light, dark. */
export function ThemeButton(): JSX.Element {
  const now = theme.value;
  const label = `Color scheme: ${words[now]}. Switch to ${words[next[now]]}`;
  return <Button look="quiet" icon={icons[now]} label={label} onClick={() => chooseTheme(next[now])} />;
}
