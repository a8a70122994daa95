import { readFileSync } from "node:fs";
import type { DefaultTheme } from "vitepress";
import { type Entry, guide } from "./pages.ts";

const docs = new URL("..", import.meta.url);
const read = (file: string): unknown => JSON.parse(readFileSync(new URL(file, docs), "utf8"));

/** What scripts/site has made before: the names of the commands. */
const commands = (): DefaultTheme.SidebarItem[] =>
  (read("commands/sidebar.json") as string[]).map((name) => ({ text: name, link: `/commands/${name}` }));

/** A link to `crf-rnn` or `crf-rnn/data`, and what it exports by kind, as TypeDoc lists it. */
interface ApiEntry {
  readonly text: string;
  readonly link: string;
  readonly kinds: readonly { readonly text: string; readonly items: readonly { text: string; link: string }[] }[];
}

type Listed = Omit<ApiEntry, "kinds"> & { readonly items?: readonly Listed[] };

/** The theme of TypeDoc hangs the other entries below `crf-rnn`, beside what that exports. */
function apiEntries(): ApiEntry[] {
  const [first] = read("api/typedoc-sidebar.json") as [Listed];
  const all = [first, ...first.items!.filter(({ link }) => link)];
  return all.map(({ link, items = [] }) => {
    const kinds = items.filter((item) => !item.link) as unknown as ApiEntry["kinds"];
    return { text: link.slice("/api/".length, -1), link, kinds };
  });
}

/**
 * For each kind of an entry, the others of that kind, between the other kinds and entries. A list of everything beside each of some
 * 250 pages would be most of what the site weighs.
 */
function apiSidebars(): DefaultTheme.SidebarMulti {
  const entries = apiEntries();
  const sidebarOf = (link?: string, kind?: string): DefaultTheme.SidebarItem[] => [
    {
      text: "API",
      link: "/api/",
      items: entries.map((entry) => {
        if (entry.link !== link) return { text: entry.text, link: entry.link };
        const items = entry.kinds.map(({ text, items }) => ({
          text,
          link: `${entry.link}#${text.toLowerCase().replaceAll(" ", "-")}`,
          ...(text === kind && { items: [...items] }),
        }));
        return { text: entry.text, link: entry.link, items };
      }),
    },
  ];
  const pairs = entries.flatMap(({ link, kinds }) => [
    [link, sidebarOf(link)] as const,
    ...kinds.map(({ text, items }) => [items[0]!.link.replace(/[^/]*$/, ""), sidebarOf(link, text)] as const),
  ]);
  return { "/api/": sidebarOf(), ...Object.fromEntries(pairs) };
}

const itemOf = ({ text, page, items }: Entry): DefaultTheme.SidebarItem => ({
  text,
  link: `/${page.replace(/(^|\/)index$/, "$1")}`,
  ...(items && { items: items.map(itemOf), collapsed: false }),
});

const reference: DefaultTheme.SidebarItem = {
  text: "Reference",
  items: [
    { text: "API", link: "/api/" },
    { text: "Command line", link: "/commands/" },
    { text: "The lab", link: "/the-lab" },
  ],
};

const guides = (): DefaultTheme.SidebarItem[] => [
  ...guide.map(({ text, items }) => ({ text, items: items.map(itemOf) })),
  reference,
];

export const sidebar: DefaultTheme.SidebarMulti = {
  "/": guides(),
  ...apiSidebars(),
  "/commands/": [{ text: "Command line", link: "/commands/", items: commands() }],
};
