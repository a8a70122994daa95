/** Entry of dist/cli.js, the program `crf-rnn`. */
import { main } from "./cli.ts";

process.exitCode = await main(process.argv.slice(2));
