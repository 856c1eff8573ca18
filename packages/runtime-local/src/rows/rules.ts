/**
 * What is particular to a resource. One that is only `plain` gets create, list, read, update and delete as the contract says.
 */
import { type contract, writeOnlyFields } from "@aywa-ai/runtime-sdk/internal/contract"
import { pinned } from "../http/errors.ts"
import type { Store } from "../store/Store.ts"
import type { JsonObject } from "../json/object.ts"

/** The rules of one resource. */
export interface ResourceRules {
  /** As it is called in messages. */
  readonly label: string
  /** Fields that can be written and are never read back. */
  readonly writeOnly: ReadonlyArray<string>
  /** Whether secrets, at any depth, are masked on reads. */
  readonly masked: boolean
  /** Whether a body may have keys that the contract does not name. */
  readonly open: boolean
  /** Query parameters of its list that ask for equality with a field of the same name. */
  readonly filters: ReadonlyArray<string>
  /** Fields that the runtime fills in on create. */
  readonly defaults: (body: JsonObject) => JsonObject
  /** What may exist only once in an organization. */
  readonly unique:
    | { readonly of: (row: JsonObject) => unknown; readonly code: string; readonly message: string }
    | undefined
  /** Deletes what goes with a row. */
  readonly afterDelete?: (store: Store, organization: string, id: string) => void
  /** Throws 409 while other rows refer to this one. */
  readonly assertUnpinned: (store: Store, organization: string, id: string) => void
}

const plain = (label: string): ResourceRules => ({
  label,
  writeOnly: [],
  masked: false,
  open: false,
  filters: [],
  defaults: () => ({}),
  unique: undefined,
  assertUnpinned: () => {}
})

/** Resources of the contract that are not rows of the general kind. */
type Elsewhere = "operations" | "webhookLogs"

const rules: Readonly<Record<Exclude<keyof typeof contract, Elsewhere> | "assistantDrafts" | "chats", ResourceRules>> =
  {
    assistants: {
      ...plain("Assistant"),
      writeOnly: writeOnlyFields.assistants,
      assertUnpinned: (store, organization, id) => {
        const by = store.get<{ id: string }>(
          `SELECT id FROM resource_rows WHERE resource = 'phoneNumbers' AND org_id = ?
         AND json_extract(body, '$.assistantId') = ? LIMIT 1`,
          organization,
          id
        )
        if (by !== undefined) throw pinned("assistant_pinned", `Phone number ${by.id} is bound to this assistant`)
      },
      afterDelete: (store, organization, id) =>
        void store.run(
          "DELETE FROM resource_rows WHERE resource = 'assistantDrafts' AND org_id = ? AND unique_key = ?",
          organization,
          id
        )
    },
    assistantDrafts: {
      ...plain("Draft"),
      writeOnly: writeOnlyFields.assistants,
      unique: {
        of: (row) => row["assistantId"],
        code: "draft_exists",
        message: "This assistant has a draft already"
      }
    },
    phoneNumbers: {
      ...plain("Phone number"),
      writeOnly: writeOnlyFields.phoneNumbers,
      defaults: () => ({ status: "active" }),
      unique: {
        of: (row) => row["number"],
        code: "duplicate_number",
        message: "This organization has this phone number already"
      }
    },
    calls: { ...plain("Call"), filters: ["id", "assistantId", "phoneNumberId"] },
    // More than fifty providers, each with fields of its own.
    credentials: { ...plain("Credential"), masked: true, open: true },
    imports: plain("Import"),
    chats: {
      ...plain("Chat"),
      afterDelete: (store, _, id) => void store.run("DELETE FROM chat_scripts WHERE chat_id = ?", id)
    },
    files: { ...plain("File"), filters: ["purpose"] },
    structuredOutputs: {
      ...plain("Structured output"),
      defaults: () => ({ type: "ai" }),
      filters: ["id", "name"]
    },
    webhookEndpoints: { ...plain("Webhook endpoint"), defaults: () => ({ enabled: true }) },
    tools: {
      ...plain("Tool"),
      assertUnpinned: (store, organization, id) => {
        const by = store.get<{ id: string }>(
          `SELECT id FROM resource_rows WHERE resource = 'assistants' AND org_id = ?
         AND (EXISTS (SELECT 1 FROM json_each(body, '$.model.toolIds') AS tool WHERE tool.value = ?)
           OR EXISTS (SELECT 1 FROM json_each(body, '$.model.toolRefs') AS ref
             WHERE json_extract(body, ref.fullkey || '.toolId') = ?)) LIMIT 1`,
          organization,
          id,
          id
        )
        if (by !== undefined) throw pinned("tool_pinned", `Assistant ${by.id} uses this tool`)
      }
    }
  }

/** The kinds of rows that there are. */
export const resourceNames: ReadonlyArray<string> = Object.keys(rules)

/** The rules of a resource by its name in the contract table. */
export const rulesOf = (resource: string): ResourceRules => {
  const all: Readonly<Record<string, ResourceRules>> = rules
  return all[resource] ?? plain("Row")
}
