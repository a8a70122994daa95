import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitepress";
import { sidebar } from "./sidebar.ts";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The site: `npm run site` makes the references and pictures that it needs before. */
export default defineConfig({
  title: "crf-rnn",
  description: "CRF-as-RNN on WebGPU and WebAssembly: labels that follow the edges of the photograph",
  lang: "en-US",
  outDir: here("../../site"),
  cacheDir: here("../../.cache/vitepress"),
  lastUpdated: false,
  // What the names of all pages' files are is a file of its own; in each page it would be two thirds of it.
  metaChunk: true,
  // A page with an address of its own, which every static host has: no rewriting of addresses is asked for.
  cleanUrls: false,
  transformHead: ({ siteData }) => [["link", { rel: "icon", type: "image/svg+xml", href: `${siteData.base}mark.svg` }]],
  markdown: { theme: { light: "github-light-high-contrast", dark: "github-dark-high-contrast" } },
  themeConfig: {
    nav: [
      {
        text: "Guide",
        link: "/start",
        activeMatch: "^/(start|parameters|networks|data|train|volumes|concurrency|bundlers|gpus)",
      },
      { text: "Understand", link: "/lattice", activeMatch: "^/(lattice|accuracy|results|glossary|faq)" },
      {
        text: "Reference",
        activeMatch: "^/(api|commands)/",
        items: [
          { text: "API", link: "/api/" },
          { text: "Command line", link: "/commands/" },
        ],
      },
      { text: "Lab", link: "/the-lab" },
    ],
    sidebar,
    outline: { level: [2, 3] },
    search: { provider: "local" },
    footer: { message: "MIT license. The photographs are in the public domain: Karl Blossfeldt, 1928." },
  },
  vite: {
    // The index of the search is one file, which is loaded by who searches.
    build: { chunkSizeWarningLimit: 1500 },
    // Whether this site has the lab in it (scripts/site/build.mjs builds it).
    define: { __LAB__: JSON.stringify(existsSync(here("../../lab/vite.config.ts"))) },
  },
});
