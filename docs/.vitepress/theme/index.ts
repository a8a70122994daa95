import type { Theme } from "vitepress";
import DefaultTheme from "vitepress/theme-without-fonts";
import { h } from "vue";
import LabFrame from "./LabFrame.vue";
import Mark from "./Mark.vue";
import Wipe from "./Wipe.vue";
import "./tokens.css";
import "./site.css";

/** The default theme of VitePress in the system's fonts, with the colors of the lab and the picture of the first page. */
export default {
  extends: DefaultTheme,
  Layout: () =>
    h(DefaultTheme.Layout, null, { "nav-bar-title-before": () => h(Mark), "home-hero-image": () => h(Wipe) }),
  enhanceApp({ app }) {
    app.component("LabFrame", LabFrame);
  },
} satisfies Theme;
