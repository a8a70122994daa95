import type { JSX } from "preact";

/** A point in a triangle of the lattice, as in mark.svg, in the colors of the page. */
export function Mark(): JSX.Element {
  return (
    <svg class="mark" viewBox="0 0 32 32" width="30" height="30" aria-hidden="true">
      <path
        d="M16 3.5 29 26H3ZM9.5 14.75h13L16 26Z"
        fill="none"
        stroke="currentColor"
        stroke-width="1.5"
        stroke-linejoin="round"
      />
      <path d="M9.5 14.75h13L16 26Z" fill="currentColor" opacity="0.25" />
      <circle cx="16.8" cy="18.2" r="2.2" fill="currentColor" />
    </svg>
  );
}
