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
  --above: light-dark(#c2410c, #ff8a4c);
  --below: light-dark(#1d4ed8, #5b9bff);
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2.5rem clamp(1rem, 4vw, 3rem) 4rem; max-width: 84rem;
  background: var(--page); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
h1 { margin: 0 0 1.25rem; font-size: 1.9rem; line-height: 1.2; letter-spacing: -0.02em; }
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
.curve.first { stroke: var(--first); } .curve.second { stroke: var(--second); }
.band { opacity: 0.18; }
.band.first, circle.first { fill: var(--first); } .band.second, circle.second { fill: var(--second); }
.legend { float: right; font-size: 0.8rem; font-weight: 400; color: var(--quiet); }
.legend i, .key i { display: inline-block; width: 0.75em; height: 0.75em; margin: 0 0.35em 0 1em; border-radius: 3px; }
.legend i.first { background: var(--first); } .legend i.second { background: var(--second); }
.key { color: var(--quiet); font-size: 0.85rem; margin: 0 0 0.5rem; }
.key i { border: 1px solid var(--line); } .key i:first-child { margin-left: 0; }
.pictures { display: grid; grid-template-columns: repeat(var(--columns), minmax(0, 1fr)); gap: 0.5rem; }
.pictures img { width: 100%; display: block; border-radius: 6px; image-rendering: auto; }
.maps { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(22rem, 100%), 1fr)); gap: 0.75rem; }
.map svg { margin: 0 auto; }
table { border-collapse: separate; border-spacing: 0; width: 100%; overflow: hidden; font-variant-numeric: tabular-nums; }
th, td { padding: 0.4rem 1rem; text-align: left; border-top: 1px solid var(--line); }
tr:first-child th { border-top: none; font-size: 0.8rem; color: var(--quiet); }
.bar { width: 38%; background: linear-gradient(to right, color-mix(in oklab, var(--bar) 24%, transparent)
  calc(100% * var(--share)), transparent 0); }
.bar.first { --bar: var(--first); } .bar.second { --bar: var(--second); }
.options { font-size: 0.85rem; color: var(--quiet); } .options td { padding: 0.2rem 1rem; overflow-wrap: anywhere; }
.options td:first-child { width: 16rem; }
@media print { body { max-width: none; } }
`);
