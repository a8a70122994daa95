/** A page that is isolated from other origins may share memory between threads. */
const headers = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };

export default { base: "./", server: { headers }, preview: { headers } };
