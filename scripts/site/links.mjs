// Checks every link of a built site without a network: that the page is there, and the place in it. VitePress looks for pages, not for
// places. linkinator (7.6) crawls by HTTP and looks for a place only if it heard of it before it came to the page, so that most go
// unseen; what is needed beyond a parser of HTML is below.
import { readFile } from "node:fs/promises";
import { posix } from "node:path";
import { Parser } from "htmlparser2";
import { allFiles } from "./files.mjs";

/** Attributes that hold an address, by element. */
const addresses = { a: "href", link: "href", img: "src", script: "src", iframe: "src", source: "src", image: "href" };

/** Pages whose places are made when they run, as the rooms of the lab are. */
const applications = ["lab/index.html"];

const origin = "https://site.invalid";

/**
 * Returns a sentence for each broken link of the pages in `folder`, which a host serves below `base`, and for each page that no link
 * leads to, beside all addresses of other sites, whose form alone is checked.
 */
export async function checkLinks(folder, base) {
  const files = new Set(await allFiles(folder));
  const pages = new Map();
  for (const file of files) {
    if (file.endsWith(".html")) pages.set(file, read(await readFile(posix.join(folder, file), "utf8")));
  }
  const broken = [];
  const elsewhere = new Set();
  const reached = new Set(["index.html", "404.html", ...applications]);
  for (const [file, { links }] of pages) {
    for (const link of links) {
      const url = parse(link, `${origin}${base}${file}`);
      const complain = (what) => broken.push(`${file}: ${what}: ${link}`);
      if (!url) complain("no address");
      else if (url.origin !== origin) {
        elsewhere.add(link);
        if (!isWellFormed(url)) complain("expected https:// and the name of a host");
      } else if (!url.pathname.startsWith(base)) complain(`leads out of ${base}`);
      else {
        const target = decodeURIComponent(url.pathname.slice(base.length)).replace(/(^|\/)$/, "$1index.html");
        const place = decodeURIComponent(url.hash.slice(1));
        if (!files.has(target)) complain("leads to no page or file");
        else if (place && !applications.includes(target) && !pages.get(target)?.places.has(place)) {
          complain("leads to no place in the page");
        }
        if (target !== file) reached.add(target);
      }
    }
  }
  for (const file of pages.keys()) if (!reached.has(file)) broken.push(`${file}: no link leads to this page`);
  return { broken, pages: pages.size, elsewhere: [...elsewhere].sort() };
}

/** The links of a page, each once, and the places that a link can lead to. */
function read(html) {
  const links = new Set();
  const places = new Set();
  const parser = new Parser({
    onopentag(name, attributes) {
      if (attributes.id) places.add(attributes.id);
      const link = attributes[addresses[name]];
      if (link && !link.startsWith("data:")) links.add(link);
    },
  });
  parser.end(html);
  return { links, places };
}

const parse = (link, page) => (URL.canParse(link, page) ? new URL(link, page) : undefined);

const isWellFormed = ({ protocol, hostname }) =>
  protocol === "mailto:" || (protocol === "https:" && /^[\w-]+(\.[\w-]+)+$/.test(hostname));
