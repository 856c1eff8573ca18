/**
 * The trigger of the control API: `POST /__aywa/trigger`.
 */
import * as Schema from "effect/Schema"

/** The body of a trigger. */
export const TriggerBody = Schema.Struct({
  type: Schema.String,
  call: Schema.optional(Schema.String),
  assistant: Schema.optional(Schema.String),
  set: Schema.optional(Schema.Record(Schema.String, Schema.Unknown)),
  merge: Schema.optional(Schema.Record(Schema.String, Schema.Unknown)),
  to: Schema.optional(Schema.String),
  dryRun: Schema.optional(Schema.Boolean),
  organization: Schema.optional(Schema.String)
})
