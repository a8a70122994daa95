// Prints what this machine has for the tests; `found.mjs --missing` prints what it lacks, one word a line, for setup.sh.
import { findAll } from "./environment.mjs";

const found = await findAll();
// SwiftShader only stands in for lavapipe.
const missing = Object.keys(found).filter((name) => !found[name] && !(name === "swiftshader" && found.lavapipe));
if (process.argv[2] === "--missing") for (const name of missing) console.log(name);
else for (const [name, where] of Object.entries(found)) console.log(`${name}: ${where ?? "missing"}`);
