import { hostOf } from "./host.ts";
import type { Figures } from "./service.ts";

/** The title of an issue with these figures. */
export const issueTitle = ({ device, host }: Figures): string => `Figures of ${device.name}, ${device.kind}, ${host}`;

/**
 * The text of an issue with these figures: what its writer fills in, the table, and all as JSON, folded away. The JSON is on one line, since
 * issues have a largest length.
 */
export function issueText(figures: Figures, table: string): string {
  const { machine } = figures;
  return `<!-- Please fill in what this page cannot see. -->
**Graphics card or chip:**
**Driver and operating system:**
**Laptop on battery, power saving, anything else that ran meanwhile:**

**Browser:** ${machine ? `${hostOf(machine.browser)} (${machine.browser})` : figures.host}
**Adapter:** ${adapterLine(figures)}

${table}

<details>
<summary>All figures as JSON, for <code>crf-rnn bench --compare</code> and the lab</summary>

\`\`\`json
${JSON.stringify(figures)}
\`\`\`

</details>
`;
}

function adapterLine({ device, machine }: Figures): string {
  const info = device.kind === "webgpu" ? machine?.adapter?.info : undefined;
  if (!info) return `${device.name}, WebAssembly, ${device.variant}, threads: ${device.threads}`;
  return Object.entries(info)
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(", ");
}
