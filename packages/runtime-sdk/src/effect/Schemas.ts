/**
 * Schemas of the rows, for programs that send them elsewhere: the success of an RPC or of an HttpApi endpoint, a message
 * in a queue. They are the schemas by which the SDK reads the runtime's own answers.
 *
 * **Gotchas**
 *
 * A client keeps fields that the contract does not name, as they came. Decoding by one of these leaves them out, as
 * Effect's structs do.
 *
 * @since 0.2.0
 */
import type * as Schema from "effect/Schema"
import { assistants } from "../contract/assistants.ts"
import { calls } from "../contract/calls.ts"
import { credentials } from "../contract/credentials.ts"
import { files } from "../contract/files.ts"
import { imports } from "../contract/imports.ts"
import type { Operation, TypesOf } from "../contract/Operation.ts"
import { phoneNumbers } from "../contract/phoneNumbers.ts"
import { structuredOutputs } from "../contract/structuredOutputs.ts"
import { specOf } from "../contract/table.ts"
import { tools } from "../contract/tools.ts"
import type * as Rows from "../contract/types.ts"
import { webhookEndpoints } from "../contract/webhookEndpoints.ts"
import { webhookLogs } from "../contract/webhookLogs.ts"

/** The schema of a row, by the operation that reads one; its name is that of the row in an OpenAPI document. */
const rowOf = <Op extends Operation>(identifier: string, read: Op): Schema.Codec<TypesOf<Op>["success"]> => {
  const schema = specOf(read).success as Schema.Codec<TypesOf<Op>["success"]> // What the operation was built with.
  return schema.annotate({ identifier })
}

/**
 * An agent that answers and places calls.
 *
 * @since 0.2.0
 * @category schemas
 */
export const Assistant: Schema.Codec<Rows.Assistant> = rowOf("Assistant", assistants.get)

/**
 * A call: placed, running or ended.
 *
 * @since 0.2.0
 * @category schemas
 */
export const Call: Schema.Codec<Rows.Call> = rowOf("Call", calls.get)

/**
 * What the runtime needs to reach a carrier or provider, without its secrets.
 *
 * @since 0.2.0
 * @category schemas
 */
export const Credential: Schema.Codec<Rows.Credential> = rowOf("Credential", credentials.get)

/**
 * A file that assistants read.
 *
 * @since 0.2.0
 * @category schemas
 */
export const File: Schema.Codec<Rows.RuntimeFile> = rowOf("File", files.get)

/**
 * An import of a source account.
 *
 * @since 0.2.0
 * @category schemas
 */
export const Import: Schema.Codec<Rows.Import> = rowOf("Import", imports.get)

/**
 * A number that you bring.
 *
 * @since 0.2.0
 * @category schemas
 */
export const PhoneNumber: Schema.Codec<Rows.PhoneNumber> = rowOf("PhoneNumber", phoneNumbers.get)

/**
 * What is extracted from calls.
 *
 * @since 0.2.0
 * @category schemas
 */
export const StructuredOutput: Schema.Codec<Rows.StructuredOutput> = rowOf("StructuredOutput", structuredOutputs.get)

/**
 * What an assistant may do during a call. One whose type the contract does not know decodes to the fields of any row.
 *
 * @since 0.2.0
 * @category schemas
 */
export const Tool: Schema.Codec<Rows.Tool> = rowOf("Tool", tools.get)

/**
 * Where the runtime sends its events.
 *
 * @since 0.2.0
 * @category schemas
 */
export const WebhookEndpoint: Schema.Codec<Rows.WebhookEndpoint> = rowOf("WebhookEndpoint", webhookEndpoints.get)

/**
 * An event on its way, with its attempts.
 *
 * @since 0.2.0
 * @category schemas
 */
export const WebhookLog: Schema.Codec<Rows.WebhookLog> = rowOf("WebhookLog", webhookLogs.get)
