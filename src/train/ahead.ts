/**
 * `make` for 0, 1, …, up to `end`, each begun when the one before is asked for: the next image is read, decoded and
 * augmented while the device works on this one. @throws what `make` does, when its turn comes
 */
export function ahead<Made>(make: (index: number) => Promise<Made>, end: number): (index: number) => Promise<Made> {
  let next: { readonly index: number; readonly made: Promise<Made> } | undefined;
  return (index) => {
    const made = next?.index === index ? next.made : make(index);
    next = index + 1 < end ? { index: index + 1, made: make(index + 1) } : undefined;
    next?.made.catch(() => {}); // told when its turn comes, if it does
    return made;
  };
}
