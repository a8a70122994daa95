import { render } from "preact";
import "./style/tokens.css";
import "./style/base.css";
import { followAddress } from "./shell/address.ts";
import { tellUncaught } from "./shell/notices.ts";
import { keepOffline } from "./shell/offline.ts";
import { Shell } from "./shell/Shell.tsx";
import { followTheme } from "./shell/theme.ts";

tellUncaught();
followTheme();
followAddress();
render(<Shell />, document.querySelector("#lab")!);

// A file that misses its place would be opened by the browser in place of the page, and what was drawn would be gone.
for (const type of ["dragover", "drop"] as const) {
  addEventListener(type, (event) => event.dataTransfer?.types.includes("Files") && event.preventDefault());
}

void keepOffline();
