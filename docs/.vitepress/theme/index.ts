import type { Theme } from "vitepress";
import DefaultTheme from "vitepress/theme-without-fonts";
import LabFrame from "./LabFrame.vue";
import Layout from "./Layout.vue";
import "./tokens.css";
import "./site.css";

/** The default theme of VitePress in the system's fonts, with the colors of the lab and the picture of the first page. */
export default {
  extends: DefaultTheme,
  Layout,
  enhanceApp({ app }) {
    app.component("LabFrame", LabFrame);
  },
} satisfies Theme;
