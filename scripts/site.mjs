// npm run site: docs/, the doc comments and the commands → site/, static files for any host, and every link of them checked.
import { resolve } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { buildSite, site } from "./site/build.mjs";

const program = new Command("npm run site --")
  .description("builds the site, with the lab in it, into site/, and checks every link")
  .option("--base <path>", "the path that a host serves the site below, such as /crf-rnn/", pathOf, "/")
  .option("--out <folder>", "the folder that is made anew for it", (folder) => resolve(folder), site)
  .helpOption("-h, --help", "print help");

function pathOf(text) {
  if (/^\/([\w.~-]+\/)*$/.test(text)) return text;
  throw new InvalidArgumentError("expected a path that begins and ends with a slash, such as /crf-rnn/");
}

try {
  await buildSite(program.parse().opts());
} catch (error) {
  process.stderr.write(`site: ${error.message}\n`);
  process.exitCode = 1;
}
