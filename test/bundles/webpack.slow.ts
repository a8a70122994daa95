import { asCommonJs } from "./bundlers.ts";
import { webpack } from "./heavyBundlers.ts";
import { describePage } from "./page.ts";
import { useProject } from "./project.ts";
import { describeServer } from "./server.ts";

// webpack takes twenty seconds to minify a page with its worker.
const project = useProject();

describePage("webpack", project, webpack("web"));
describeServer("webpack", project, webpack("node20"), asCommonJs);
