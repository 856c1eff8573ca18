/**
 * Puts the inspector's page into what tsc has built.
 */
import { writeFileSync } from "node:fs"
import { filesModule } from "./page.ts"

writeFileSync(new URL("../dist/inspector/files.js", import.meta.url), await filesModule())
