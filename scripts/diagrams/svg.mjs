// What diagrams are drawn with: elements of SVG as strings, in colors that follow the reader's scheme.

/** Colors by role, for light and for dark pages: those of the site, as hexadecimal numbers, which every program that shows SVG knows. */
const colors = {
  ink: ["#202030", "#eaeaf0"], // text, and what the figure is about
  soft: ["#565669", "#b6b6c4"], // what explains it
  line: ["#c8c8de", "#4a4a62"], // the lattice
  face: ["#f3f3f9", "#1f1f28"], // surfaces
  accent: ["#5847cf", "#a9a5ff"], // values, and forward
  tint: ["#dfdfff", "#373267"],
  warm: ["#a55115", "#f7a55f"], // what stands against it: gradients, or the exact function
  blush: ["#ffe6d0", "#52311a"],
};

const variables = (scheme) =>
  Object.entries(colors)
    .map(([name, values]) => `--${name}:${values[scheme]}`)
    .join(";");

const classes = Object.keys(colors).map((name) => `.f-${name}{fill:var(--${name})}.s-${name}{stroke:var(--${name})}`);

const style = [
  `svg{${variables(0)}}`,
  `@media(prefers-color-scheme:dark){svg{${variables(1)}}}`,
  ...classes,
  "path,line,circle,rect,polygon{vector-effect:non-scaling-stroke}",
  "text{font-family:system-ui,-apple-system,'Segoe UI','Noto Sans','DejaVu Sans',sans-serif;fill:var(--ink)}",
  "text.face{fill:var(--face)}text.soft{fill:var(--soft)}text.accent{fill:var(--accent)}text.warm{fill:var(--warm)}text.bold{font-weight:600}",
  ".m{font-family:'STIX Two Text',Georgia,'Times New Roman',serif;font-style:italic}",
  ".none{fill:none}",
].join("");

const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** A coordinate, to a tenth of a pixel. */
export const tenth = (x) => String(Math.round(x * 10) / 10 + 0);

/** A number as figures show it. */
export const shown = (x, digits = 2) => x.toFixed(digits).replace("-", "−");

/** An element; numbers among its attributes are coordinates. */
export function element(name, attributes, ...content) {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${typeof value === "number" ? tenth(value) : value}"`)
    .join("");
  return content.length > 0 ? `<${name}${written}>${content.flat().join("")}</${name}>` : `<${name}${written}/>`;
}

/** A whole figure. Its title and description are what screen readers say. */
export function figure({ width, height, title, description }, ...content) {
  const attributes = `viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title description"`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${attributes}>`,
    `<title id="title">${escaped(title)}</title>`,
    `<desc id="description">${escaped(description)}</desc>`,
    `<style>${style}</style>`,
    ...content.flat(Infinity),
    "</svg>\n",
  ].join("\n");
}

/** `*x*` is a variable, `_{…}` stands lower and `^{…}` higher. */
const markup = /\*([^*]+)\*|([_^])\{([^}]+)\}|([^*_^]+)/g;

/** Text at a place, in markup. */
export function text(x, y, marked, { size = 14, anchor, kind } = {}) {
  let below = 0;
  const parts = [...marked.matchAll(markup)].map(([, variable, place, index, plain]) => {
    const wanted = place === undefined ? 0 : place === "_" ? size * 0.26 : -size * 0.36;
    const dy = wanted === below ? "" : ` dy="${tenth(wanted - below)}"`;
    below = wanted;
    if (variable !== undefined) return `<tspan class="m"${dy}>${escaped(variable)}</tspan>`;
    if (index !== undefined) return `<tspan font-size="${tenth(size * 0.74)}"${dy}>${escaped(index)}</tspan>`;
    return dy === "" ? escaped(plain) : `<tspan${dy}>${escaped(plain)}</tspan>`;
  });
  return element("text", { x, y, "font-size": size, "text-anchor": anchor, class: kind }, parts);
}

/** Lines of text, one below the other. */
export const lines = (x, y, all, options = {}) =>
  all.map((one, i) => text(x, y + i * (options.leading ?? (options.size ?? 14) * 1.4), one, options));

export const circle = ([cx, cy], r, kind, more = {}) => element("circle", { cx, cy, r, class: kind, ...more });

export const rect = (x, y, width, height, kind, more = {}) =>
  element("rect", { x, y, width, height, class: kind, ...more });

/** A path through places, closed or not. */
export const through = (places, closed = false) =>
  places.map(([x, y], i) => `${i === 0 ? "M" : "L"}${tenth(x)} ${tenth(y)}`).join("") + (closed ? "Z" : "");

export const path = (d, kind, more = {}) => element("path", { d, class: kind, ...more });

/** A line that ends in a head; `from` and `to` are cut short by the gaps. */
export function arrow(from, to, color, { gap = [0, 0], width = 1.6, head = 8, dash } = {}) {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const length = Math.hypot(dx, dy);
  const [ux, uy] = [dx / length, dy / length];
  const at = (along, across = 0) => [from[0] + ux * along - uy * across, from[1] + uy * along + ux * across];
  const end = length - gap[1];
  const shaft = through([at(gap[0]), at(end - head * 0.8)]);
  const tip = through([at(end), at(end - head, head * 0.42), at(end - head, -head * 0.42)], true);
  return [path(shaft, `none s-${color}`, { "stroke-width": width, "stroke-dasharray": dash }), path(tip, `f-${color}`)];
}

/** An arrow along a path of straight pieces with round corners. */
export function route(places, color, { width = 1.6, head = 8, radius = 8, dash } = {}) {
  const toward = ([x, y], [tx, ty], by) => {
    const length = Math.hypot(tx - x, ty - y);
    return [x + ((tx - x) * by) / length, y + ((ty - y) * by) / length];
  };
  const [last, before] = [places.at(-1), places.at(-2)];
  const stop = toward(last, before, head * 0.8);
  const point = ([x, y]) => `${tenth(x)} ${tenth(y)}`;
  const corners = places.slice(1, -1).map((corner, i) => {
    const [into, out] = [toward(corner, places[i], radius), toward(corner, places[i + 2], radius)];
    return `L${point(into)}Q${point(corner)} ${point(out)}`;
  });
  const d = `M${point(places[0])}${corners.join("")}L${point(stop)}`;
  const [ux, uy] = [(last[0] - before[0]) / Math.hypot(last[0] - before[0], last[1] - before[1]), (last[1] - before[1]) / Math.hypot(last[0] - before[0], last[1] - before[1])]; // prettier-ignore
  const base = toward(last, before, head);
  const side = (by) => [base[0] - uy * by, base[1] + ux * by];
  return [
    path(d, `none s-${color}`, { "stroke-width": width, "stroke-dasharray": dash }),
    path(through([last, side(head * 0.42), side(-head * 0.42)], true), `f-${color}`),
  ];
}

/** A box with lines of text in its middle. */
export function box({ x, y, width, height, ground = "face", edge = "line", radius = 10 }, all, options = {}) {
  const { size = 14 } = options;
  const leading = options.leading ?? size * 1.4;
  const first = y + height / 2 - ((all.length - 1) * leading) / 2 + size * 0.35;
  const middle = { ...options, anchor: "middle", leading };
  return [
    rect(x, y, width, height, `f-${ground} s-${edge}`, { rx: radius, "stroke-width": 1.2 }),
    ...all.map((one, i) => {
      const [line, kind] = Array.isArray(one) ? one : [one, options.kind];
      return text(x + width / 2, first + i * leading, line, { ...middle, kind });
    }),
  ];
}
