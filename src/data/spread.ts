/** `count` items, evenly spread over all of them. */
export function spread<Item>(items: readonly Item[], count: number): Item[] {
  const number = Math.min(count, items.length);
  return Array.from({ length: number }, (_, i) => items[Math.floor((i * items.length) / number)]!);
}
