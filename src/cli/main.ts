/** Entry of dist/cli.js, the program `crf-rnn`. */
import { main } from "./cli.ts";
import { endWithParent } from "./hosts.ts";

endWithParent();
process.exitCode = await main(process.argv.slice(2));
