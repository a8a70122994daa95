import { curveColors as colors } from "./chart.ts";
import { Markup } from "./markup.ts";

/** The report's look: one set of names for colors, given once for light and once for dark screens. */
export const style = new Markup(`
:root {
  color-scheme: light dark;
  --page: light-dark(#f6f6f3, #14161a);
  --surface: light-dark(#ffffff, #1d2026);
  --line: light-dark(#e2e2dc, #31353d);
  --text: light-dark(#1b1d21, #eceef1);
  --quiet: light-dark(#63676f, #9ba1ab);
  --first: light-dark(#2563c9, #74a7ff);
  --second: light-dark(#c2541b, #ff9d5c);
  --third: light-dark(#12806a, #4fd1b5);
  --fourth: light-dark(#9333a8, #dd8df0);
  --fifth: light-dark(#8a6d00, #e3c34a);
  --sixth: light-dark(#4b5563, #aab4c3);
  --above: light-dark(#c2410c, #ff8a4c);
  --below: light-dark(#1d4ed8, #5b9bff);
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2.5rem clamp(1rem, 4vw, 3rem) 4rem; max-width: 84rem;
  background: var(--page); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
h1 { margin: 0 0 1.25rem; font-size: 1.9rem; line-height: 1.2; letter-spacing: -0.02em; overflow-wrap: anywhere; }
h2 { margin: 2.5rem 0 0.75rem; font-size: 1.15rem; letter-spacing: -0.01em; }
h3 { margin: 0; font-size: 0.8rem; font-weight: 600; color: var(--quiet); }
small { display: block; font-size: 0.8rem; font-weight: 400; color: var(--quiet); overflow-wrap: anywhere; }
.kicker { margin: 0; font-size: 0.8rem; color: var(--quiet); letter-spacing: 0.06em; text-transform: uppercase; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: 0.75rem; margin: 0 0 1.5rem; }
.tiles div, figure, table { background: var(--surface); border: 1px solid var(--line); border-radius: 10px; }
.tiles div { padding: 0.8rem 1rem; }
dt { font-size: 0.8rem; color: var(--quiet); }
dd { margin: 0; font-size: 1.45rem; font-weight: 600; font-variant-numeric: tabular-nums; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(26rem, 100%), 1fr)); gap: 0.75rem; }
figure { margin: 0; padding: 0.9rem 1rem; }
figcaption { font-weight: 600; margin-bottom: 0.5rem; }
svg { display: block; width: 100%; height: auto; }
svg text { font: 12px system-ui, sans-serif; fill: var(--quiet); font-variant-numeric: tabular-nums; }
svg .value { font-size: 11px; fill: var(--text); } svg .value.strong { fill: var(--surface); font-weight: 600; }
.grid { stroke: var(--line); }
.axis { stroke: var(--quiet); }
.mark { stroke: var(--quiet); stroke-dasharray: 3 3; }
.curve { fill: none; stroke-width: 2; stroke-linejoin: round; }
${colors.map((color) => `.${color} { --own: var(--${color}); }`).join(" ")}
.curve { stroke: var(--own); } .curve.dashed { stroke-dasharray: 6 4; }
.band { opacity: 0.18; }
.band, circle { fill: var(--own); }
.legend { float: right; font-size: 0.8rem; font-weight: 400; color: var(--quiet); }
.legend span, .key span { white-space: nowrap; margin-left: 1em; }
.legend i, .key i { display: inline-block; width: 0.75em; height: 0.75em; margin-right: 0.35em; border-radius: 3px; }
.legend i { background: var(--own); } .legend i.dashed { opacity: 0.55; }
.key { color: var(--quiet); font-size: 0.85rem; margin: 0 0 0.5rem; line-height: 1.7; }
.key i { border: 1px solid var(--line); } .key span { margin: 0 1em 0 0; }
.picture { margin: 0 0 1.1rem; }
.picture h3 { margin-bottom: 0.35rem; overflow-wrap: anywhere; }
.row { display: grid; grid-template-columns: repeat(auto-fit, minmax(8rem, 1fr)); gap: 0.5rem; }
.view { cursor: zoom-in; font-size: 0.75rem; color: var(--quiet); }
.view img { width: 100%; display: block; border-radius: 6px; }
.view input { position: absolute; opacity: 0; }
.view input:focus-visible + img { outline: 2px solid var(--first); }
.view input:checked + img { position: fixed; inset: 0; z-index: 1; width: 100%; height: 100%; object-fit: contain;
  border-radius: 0; background: var(--page); cursor: zoom-out; image-rendering: pixelated; }
.wide { overflow-x: auto; border-radius: 10px; } .wide table { width: max-content; min-width: 100%; }
.wide .bar { min-width: 5.5rem; }
.told table { width: 100%; } .told .words { min-width: 12rem; }
details { margin-top: 0.75rem; } summary { cursor: pointer; color: var(--quiet); margin-bottom: 0.75rem; }
.maps { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(22rem, 100%), 1fr)); gap: 0.75rem; }
.map svg { margin: 0 auto; }
table { border-collapse: separate; border-spacing: 0; width: 100%; overflow: hidden; font-variant-numeric: tabular-nums; }
th, td { padding: 0.4rem 1rem; text-align: left; border-top: 1px solid var(--line); }
tr:first-child th { border-top: none; font-size: 0.8rem; color: var(--quiet); }
.bar { background: linear-gradient(to right, color-mix(in oklab, var(--own) 24%, transparent)
  calc(100% * var(--share)), transparent 0); }
.options { font-size: 0.85rem; color: var(--quiet); } .options td { padding: 0.2rem 1rem; overflow-wrap: anywhere; }
.options td:first-child { width: 16rem; }
@media (max-width: 40rem) {
  body { padding-top: 1.25rem; } h1 { font-size: 1.5rem; }
  .tiles { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 0.5rem; }
  .tiles div, th, td { padding: 0.5rem 0.6rem; } dd { font-size: 1.2rem; }
  .row { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  figure { padding: 0.6rem; } .chart svg text { font-size: 17px; }
  .legend { float: none; display: block; } .legend span { margin: 0 1em 0 0; }
  .options td:first-child { width: 42%; }
}
@media print { body { max-width: none; } }
`);
