/** Browsers by what they call themselves; each is also called by the names of those after it. */
const known = [
  ["edge", /Edg\/([\d.]+)/],
  ["opera", /OPR\/([\d.]+)/],
  ["firefox", /Firefox\/([\d.]+)/],
  ["chromium", /Chrome\/([\d.]+)/],
  ["safari", /Version\/([\d.]+).*Safari/],
] as const;

/** The browser and its version, as `crf-rnn bench` writes its host: `chromium 149.0`. */
export function hostOf(browser: string): string {
  for (const [name, pattern] of known) {
    const version = pattern.exec(browser)?.[1];
    if (version !== undefined) return `${name} ${version}`;
  }
  return "a browser";
}
