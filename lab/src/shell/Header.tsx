import type { JSX } from "preact";
import { addressOf, room } from "./address.ts";
import { DeviceChip } from "./DeviceChip.tsx";
import { Mark } from "./Mark.tsx";
import { rooms } from "./rooms.ts";
import { ThemeButton } from "./ThemeButton.tsx";
import "./Header.css";

/** The name, the way to the rooms, the device and the color scheme. */
export function Header(): JSX.Element {
  return (
    <header class="header">
      <a class="header-name" href={addressOf("refine")}>
        <Mark />
        <span>
          crf-rnn <span class="header-lab">lab</span>
        </span>
      </a>
      {/* Links, not a tablist: each room has an address, opens in a page of its own, and is found by going back. */}
      <nav class="header-rooms" aria-label="Rooms">
        {rooms.map(({ name, title }) => (
          <a key={name} href={addressOf(name)} aria-current={name === room.value ? "page" : undefined}>
            {title}
          </a>
        ))}
      </nav>
      <div class="header-end">
        <DeviceChip />
        <ThemeButton />
      </div>
    </header>
  );
}
