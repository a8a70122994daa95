/** The text of every diagram of docs/diagrams, by its file. */
export function drawAll(): Readonly<Record<string, string>>;
