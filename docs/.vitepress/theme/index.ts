/** The site's look: the default theme with paper and ink, and a landing page of its own. */
import DefaultTheme from "vitepress/theme"
import type { Theme } from "vitepress"
import LostAnswer from "./LostAnswer.vue"
import "./site.css"

export default {
  extends: DefaultTheme,
  enhanceApp: ({ app }) => {
    app.component("LostAnswer", LostAnswer)
  }
} satisfies Theme
