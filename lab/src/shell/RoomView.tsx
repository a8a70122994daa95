import { computed, type Signal, signal } from "@preact/signals";
import type { ComponentType, JSX } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { room } from "./address.ts";
import { Boundary, Broken } from "./Boundary.tsx";
import { Loading } from "./Loading.tsx";
import type { RoomName, RoomProps } from "./rooms.ts";

interface RoomViewProps {
  readonly name: RoomName;
  readonly title: string;
  readonly load: () => Promise<{ readonly Room: ComponentType<RoomProps> }>;
}

type Loaded = { readonly Room: ComponentType<RoomProps> } | { readonly error: unknown };

/** A room: nothing until it is first visited, its place while it is loaded, and from then on itself, on view or not. */
export function RoomView({ name, title, load }: RoomViewProps): JSX.Element | null {
  const active = useMemo(() => computed(() => room.value === name), [name]);
  const loaded = useMemo<Signal<Loaded | undefined>>(() => signal(undefined), [name]);
  const fetch = (): void => {
    loaded.value = undefined;
    load().then(
      (module) => (loaded.value = module),
      (error: unknown) => (loaded.value = { error }),
    );
  };
  const isActive = active.value;
  useEffect(() => {
    if (isActive && !loaded.peek()) fetch();
  }, [isActive]);
  const found = loaded.value;
  if (!isActive && !found) return null;
  return (
    <section
      id={`room-${name}`}
      hidden={!isActive}
      data-ready={found ? "" : undefined}
      aria-labelledby={`title-${name}`}
    >
      <h1 class="unseen" id={`title-${name}`}>
        {title}
      </h1>
      {!found ? (
        <Loading />
      ) : "error" in found ? (
        <Broken sentence={`“${title}” could not be loaded; the connection may be gone.`} again={fetch} />
      ) : (
        <Boundary title={title}>
          <found.Room active={active} />
        </Boundary>
      )}
    </section>
  );
}
