import { effect, signal } from "@preact/signals";

export type Theme = "auto" | "light" | "dark";

/** VitePress keeps its own choice here, so that the site and the lab beside it look alike. */
const key = "vitepress-theme-appearance";

/** The scheme that the reader chose; `auto` is that of the system. */
export const theme = signal<Theme>(kept());

function kept(): Theme {
  const value = storage()?.getItem(key);
  return value === "light" || value === "dark" ? value : "auto";
}

/** Pages may be forbidden to store anything. */
function storage(): Storage | undefined {
  try {
    return localStorage;
  } catch {
    return undefined;
  }
}

/** Keeps the page in the chosen scheme, and follows what is chosen in another page of the site. */
export function followTheme(): void {
  effect(() => {
    const { dataset } = document.documentElement;
    if (theme.value === "auto") delete dataset.theme;
    else dataset.theme = theme.value;
  });
  addEventListener("storage", (event) => {
    if (event.key === key) theme.value = kept();
  });
}

export function chooseTheme(chosen: Theme): void {
  theme.value = chosen;
  storage()?.setItem(key, chosen);
}
