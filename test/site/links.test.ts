import { mkdirSync } from "node:fs";
import { expect, test } from "vitest";
import { checkLinks } from "../../scripts/site/links.mjs";
import { Folder } from "../cli/command.ts";

/** A site of a first page with these links, and another page with one place, `here`. */
function siteWith(links: readonly string[]): Folder {
  const folder = new Folder();
  mkdirSync(folder.file("guide"));
  folder.write("index.html", ["guide/other.html", ...links].map((link) => `<a href="${link}">x</a>`).join(""));
  folder.write("guide/other.html", '<h2 id="here">y</h2><a href="#here">y</a><img src="../picture.webp">');
  folder.write("picture.webp", "");
  folder.write("404.html", '<a href="/base/">z</a>');
  return folder;
}

test("links that hold are told from none, with and without places, relative and below the base", async () => {
  const good = ["./guide/other.html#here", "/base/guide/other.html", "/base/", ".", "#", "mailto:a@example.org"];
  using folder = siteWith([...good, "https://example.org/a#b", "data:text/plain,x"]);
  const { broken, pages, elsewhere } = await checkLinks(folder.path, "/base/");
  expect({ broken, pages }).toEqual({ broken: [], pages: 3 });
  expect(elsewhere).toEqual(["https://example.org/a#b", "mailto:a@example.org"]);
});

test.each([
  ["guide/none.html", "leads to no page or file"],
  ["guide/", "leads to no page or file"],
  ["guide/other.html#there", "leads to no place in the page"],
  ["#there", "leads to no place in the page"],
  ["/guide/other.html", "leads out of /base/"],
  ["../index.html", "leads out of /base/"],
  ["http://example.org/", "expected https:// and the name of a host"],
  ["https://localhost/", "expected https:// and the name of a host"],
  ["ftp://example.org/", "expected https:// and the name of a host"],
  ["https://", "no address"],
])("%s is broken: it %s", async (link, reason) => {
  using folder = siteWith([link]);
  const { broken } = await checkLinks(folder.path, "/base/");
  expect(broken).toEqual([`index.html: ${reason}: ${link}`]);
});

test("pictures, scripts and frames are links, too", async () => {
  using folder = siteWith([]);
  folder.write("guide/other.html", '<img src="a.png"><script src="b.js"></script><iframe src="c/"></iframe>');
  const { broken } = await checkLinks(folder.path, "/");
  expect(broken.map((sentence) => sentence.split(": ").at(-1))).toEqual(
    expect.arrayContaining(["a.png", "b.js", "c/"]),
  );
});

test("a page that no other page leads to is named", async () => {
  using folder = siteWith([]);
  folder.write("alone.html", '<a href="alone.html">myself</a>');
  const { broken } = await checkLinks(folder.path, "/base/");
  expect(broken).toEqual(["alone.html: no link leads to this page"]);
});
