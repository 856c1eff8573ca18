/**
 * The table, whole: every resource by the name that it has on the client.
 */
import { assistants } from "./assistants.ts"
import { calls } from "./calls.ts"
import { credentials } from "./credentials.ts"
import { files } from "./files.ts"
import { imports } from "./imports.ts"
import { operations } from "./operations.ts"
import { phoneNumbers } from "./phoneNumbers.ts"
import { structuredOutputs } from "./structuredOutputs.ts"
import { tools } from "./tools.ts"
import { webhookEndpoints } from "./webhookEndpoints.ts"
import { webhookLogs } from "./webhookLogs.ts"

/**
 * Every resource of the contract by the name that it has on the client.
 *
 * @since 0.1.0
 * @category contract
 */
export const contract = {
  assistants,
  phoneNumbers,
  tools,
  calls,
  credentials,
  webhookEndpoints,
  files,
  structuredOutputs,
  imports,
  webhookLogs,
  operations
}
