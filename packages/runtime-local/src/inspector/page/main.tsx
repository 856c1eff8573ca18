/**
 * The inspector: a page that shows what a program did to a local runtime, and lets one act on it.
 */
import { render } from "preact"
import { Page } from "./Page.tsx"

render(<Page />, document.body)
