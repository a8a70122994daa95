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

/** Colors the bars of the browser around the page: there is a color for each scheme, which the system chooses between as usual. */
function colorBars(chosen: Theme): void {
  for (const color of document.querySelectorAll<HTMLMetaElement>('meta[name="theme-color"]')) {
    const of = (color.dataset.media ??= color.media);
    color.media = chosen === "auto" ? of : of.includes(chosen) ? "all" : "not all";
  }
}

/** Keeps the page in the chosen scheme, and follows what is chosen in another page of the site. */
export function followTheme(): void {
  effect(() => {
    const { dataset } = document.documentElement;
    if (theme.value === "auto") delete dataset.theme;
    else dataset.theme = theme.value;
    colorBars(theme.value);
  });
  addEventListener("storage", (event) => {
    if (event.key === key) theme.value = kept();
  });
}

export function chooseTheme(chosen: Theme): void {
  theme.value = chosen;
  storage()?.setItem(key, chosen);
}
