import type { JSX } from "preact";
import { version } from "../../../package.json";
import { isKept } from "./offline.ts";
import "./Footer.css";

/** The site lies above the lab, on every host; the build writes the licenses of what is bundled. */
const links = [
  { href: "../", text: "The site" },
  { href: "../start.html", text: "Start here" },
  { href: "../lattice.html", text: "How the lattice works" },
  { href: "../faq.html", text: "Questions" },
  { href: "./licenses.md", text: "Licenses" },
];

export function Footer(): JSX.Element {
  return (
    <footer class="footer">
      <p>
        Everything is computed in this page: your pictures stay on your machine.
        {isKept.value && " It works without a connection, too."}
      </p>
      <nav aria-label="Site">
        {links.map(({ href, text }) => (
          <a key={href} href={href}>
            {text}
          </a>
        ))}
        <span>crf-rnn {version}, MIT</span>
      </nav>
    </footer>
  );
}
