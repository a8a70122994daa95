/** Entry of dist/cli.js, the program `crf-rnn`. */
import { version } from "../../package.json";

// The reader of a pipe may have seen enough, as in `crf-rnn --help | head`, and a terminal may close: work goes on, unheard.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE" && error.code !== "EIO") throw error;
});
const words = process.argv.slice(2);
if (words.length === 1 && words[0] === "--version") {
  // Scripts ask this often. It takes half of the time without all that the commands import.
  process.stdout.write(`${version}\n`);
} else {
  const [{ main }, { endWithParent }] = await Promise.all([import("./cli.ts"), import("./hosts.ts")]);
  endWithParent();
  process.exitCode = await main(words);
}
