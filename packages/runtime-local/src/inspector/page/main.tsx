/**
 * The inspector: a page that shows what a program did to a local runtime, and lets one act on it.
 */
import { render } from "preact"
import { takeToken } from "./model/api.ts"
import { Page } from "./Page.tsx"

await takeToken()
render(<Page />, document.body)
