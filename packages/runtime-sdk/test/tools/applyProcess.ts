/** A process that brings a runtime in line: the address and the description of its tools come as arguments. */
import { AywaRuntimeClient } from "../../src/index.ts"
import { applyTools } from "../../src/tools.ts"
import { kit, serverUrl } from "./support.ts"

const [, , baseUrl, apiKey, description] = process.argv
await using aywa = new AywaRuntimeClient({ baseUrl, apiKey })
const { alignment } = await applyTools(aywa, kit(description), { serverUrl })
process.stdout.write(JSON.stringify(alignment.ids))
