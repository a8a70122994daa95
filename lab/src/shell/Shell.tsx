import type { JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { room, scrolled } from "./address.ts";
import { Footer } from "./Footer.tsx";
import { Header } from "./Header.tsx";
import { Notices } from "./Notices.tsx";
import { RoomView } from "./RoomView.tsx";
import { rooms } from "./rooms.ts";
import "./Shell.css";

/** The whole page: what stays, and the rooms, of which one is on view. */
export function Shell(): JSX.Element {
  const main = useRef<HTMLElement>(null);
  const { name, title } = rooms.find((each) => each.name === room.value)!;
  useLayoutEffect(() => {
    document.title = `${title} · crf-rnn lab`;
    scrollTo(0, scrolled.get(name) ?? 0);
  }, [name, title]);
  const skip = (event: Event): void => {
    // An address of its own would lead to another room.
    event.preventDefault();
    main.current?.focus();
  };
  return (
    <>
      <a class="skip" href="#main" onClick={skip}>
        Skip to the room
      </a>
      <Header />
      <main id="main" ref={main} tabIndex={-1}>
        {rooms.map((each) => (
          <RoomView key={each.name} {...each} />
        ))}
      </main>
      <Footer />
      <Notices />
    </>
  );
}
