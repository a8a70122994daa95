import { existsSync, readFileSync } from "node:fs";
import type { DefaultTheme } from "vitepress";
import { type Entry, guide } from "./pages.ts";

const docs = new URL("..", import.meta.url);
const read = (file: string): unknown => JSON.parse(readFileSync(new URL(file, docs), "utf8"));

/** What scripts/site has made before: the names of the commands, and the pages of the API as a tree by import names. */
const commands = (): DefaultTheme.SidebarItem[] =>
  (read("commands/sidebar.json") as string[]).map((name) => ({ text: name, link: `/commands/${name}` }));

/** Every entry with what it exports, grouped by kind: the theme of TypeDoc hangs the others below `crf-rnn`. */
function api(): DefaultTheme.SidebarItem[] {
  const [first] = read("api/typedoc-sidebar.json") as [DefaultTheme.SidebarItem & { text: string }];
  const items = first.items ?? [];
  const others = items.filter(({ link }) => link !== undefined);
  return [
    { ...first, items: items.filter(({ link }) => link === undefined) },
    ...others.map((entry) => ({ ...entry, text: `${first.text}/${entry.text}` })),
  ];
}

const itemOf = ({ text, page, items }: Entry): DefaultTheme.SidebarItem => ({
  text,
  link: `/${page.replace(/(^|\/)index$/, "$1")}`,
  ...(items && { items: items.map(itemOf), collapsed: false }),
});

const isThere = ({ page }: Entry): boolean => existsSync(new URL(`${page}.md`, docs));
const known = (entries: readonly Entry[]): Entry[] =>
  entries.filter(isThere).map((entry) => ({ ...entry, ...(entry.items && { items: known(entry.items) }) }));

const reference: DefaultTheme.SidebarItem = {
  text: "Reference",
  items: [
    { text: "API", link: "/api/" },
    { text: "Command line", link: "/commands/" },
    { text: "The lab", link: "/lab" },
  ],
};

const guides = (): DefaultTheme.SidebarItem[] => [
  ...guide.map(({ text, items }) => ({ text, items: known(items).map(itemOf) })),
  reference,
];

export const sidebar: DefaultTheme.SidebarMulti = {
  "/": guides(),
  "/api/": [{ text: "API", link: "/api/", items: api() }],
  "/commands/": [{ text: "Command line", link: "/commands/", items: commands() }],
};
