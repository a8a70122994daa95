import type { JSX } from "preact";

/** Drawn on 24 by 24, in lines of the text's color. */
const paths = {
  add: "M12 5v14M5 12h14",
  brush: "M14.5 5.5 20 3l-2.5 5.5L11 15l-2-2zM9 13c-2.5 0-3.5 2-3.5 3.5S4.5 19.5 3 20c3 1.2 8 .5 8-5",
  camera: "M4 8h3l2-3h6l2 3h3v11H4zM12 17a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7z",
  check: "M5 12.5l4.5 4.5L19 7",
  close: "M6 6l12 12M18 6L6 18",
  contrast: "M12 4a8 8 0 1 0 0 16zM12 4a8 8 0 0 1 0 16",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  down: "M6 9l6 6 6-6",
  download: "M12 4v11M7 11l5 5 5-5M4 20h16",
  eraser: "M8 20h12M4.5 15.5l9-9a2 2 0 0 1 2.8 0l3.2 3.2a2 2 0 0 1 0 2.8L12 20H8.5l-4-4zM9.5 10.5l6 6",
  error: "M12 8v5M12 16v.5M8.5 3.5h7l5 5v7l-5 5h-7l-5-5v-7z",
  external: "M14 4h6v6M20 4l-9 9M18 14v6H4V6h6",
  eye: "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12zM12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6z",
  fill: "M11 4l8 8-7 7a2 2 0 0 1-2.8 0l-4.2-4.2a2 2 0 0 1 0-2.8zM5 13h13M20.5 15.5s1.5 2 1.5 3a1.5 1.5 0 0 1-3 0c0-1 1.5-3 1.5-3z",
  image: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.5 9.5h.01",
  info: "M12 11v5M12 8v.5M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z",
  link: "M10 14a4 4 0 0 0 5.7 0l3-3A4 4 0 0 0 13 5.3l-1 1M14 10a4 4 0 0 0-5.7 0l-3 3a4 4 0 0 0 5.7 5.7l1-1",
  menu: "M5 7h14M5 12h14M5 17h14",
  moon: "M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z",
  more: "M6 12h.01M12 12h.01M18 12h.01",
  pause: "M9 5v14M15 5v14",
  play: "M8 5l11 7-11 7z",
  redo: "M15 5l5 4.5-5 4.5M20 9.5H9a5 5 0 0 0 0 10h4",
  remove: "M5 12h14",
  reset: "M4 5v5h5M4.5 10A8 8 0 1 1 4 13",
  step: "M7 5l9 7-9 7zM18 5v14",
  stop: "M6 6h12v12H6z",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4",
  trash: "M4 7h16M9 7V4h6v3M6.5 7l1 13h9l1-13M10 11v5M14 11v5",
  undo: "M9 5L4 9.5 9 14M4 9.5h11a5 5 0 0 1 0 10h-4",
  upload: "M12 16V5M7 9l5-5 5 5M4 20h16",
  wand: "M4 20l10-10M12.5 8.5l3 3M18 3v4M16 5h4M20.5 11v3M19 12.5h3M11 3v3M9.5 4.5h3",
  wipe: "M12 3v18M4 6h4v12H4zM16 6h4v12h-4zM17.5 9h1M17.5 12h1M17.5 15h1",
  warning: "M12 9v5M12 17v.5M12 3.5L2.5 20h19z",
} as const;

export type IconName = keyof typeof paths;

/** A picture beside words, which say the same: screen readers pass over it. */
export function Icon({ name, size = 18 }: { readonly name: IconName; readonly size?: number }): JSX.Element {
  return (
    <svg
      class="icon"
      viewBox="0 0 24 24"
      width={size}
      height={size}
      fill="none"
      stroke="currentColor"
      stroke-width={size < 16 ? 2.2 : 1.75}
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      <path d={paths[name]} />
    </svg>
  );
}
