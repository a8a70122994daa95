/**
 * `make` for one index after the other, as `after` names them, each begun when the one before is asked for: the next image is read,
 * decoded and augmented while the device works on this one. @throws what `make` does, when its turn comes
 */
export function ahead<Made>(
  make: (index: number) => Promise<Made>,
  after: (index: number) => number | undefined,
): (index: number) => Promise<Made> {
  let next: { readonly index: number; readonly made: Promise<Made> } | undefined;
  return (index) => {
    const made = next?.index === index ? next.made : make(index);
    const following = after(index);
    next = following === undefined ? undefined : { index: following, made: make(following) };
    next?.made.catch(() => {}); // told when its turn comes, if it does
    return made;
  };
}
