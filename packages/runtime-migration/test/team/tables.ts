/**
 * Forty tables of a team that builds on assistants. `schemas/*.sql` are these tables as migrations of three ORMs make them,
 * and once by hand with what else there is.
 */

/** A column: a number, a line, a text, a document, or an id. */
export interface Column {
  readonly name: string
  readonly type: "number" | "line" | "text" | "document" | "id"
  /** What the id is of; for texts and documents: ids stand inside of it. */
  readonly of: "assistant" | "tool" | "phoneNumber" | "any" | undefined
  readonly unique: boolean
  readonly optional: boolean
  /** The column that a foreign key refers to. */
  readonly refers: readonly [table: string, column: string] | undefined
}

export interface Table {
  readonly name: string
  /** `id`, a number, where nothing else is said. */
  readonly key: ReadonlyArray<string>
  readonly columns: ReadonlyArray<Column>
}

const agent = "id assistant > agents.assistant_id"
const words: Readonly<Record<string, string>> = {
  accounts: "name line",
  users: "account_id number, email line",
  teams: "account_id number, name line",
  memberships: "team_id number, user_id number",
  agents: "assistant_id id assistant unique, name line, prompt text, config document any",
  agent_versions: `version number, assistant_id ${agent}, snapshot document any`,
  tools: "tool_id id tool unique, name line, definition document any",
  agent_tools: `* assistant_id ${agent}, * tool_id id tool > tools.tool_id, position number`,
  phone_numbers: `number_id id phoneNumber unique, e164 line, assistant_id ${agent} optional`,
  number_routes: "number_id id phoneNumber > phone_numbers.number_id, fallback_assistant id assistant optional",
  calls: `assistant_id ${agent}, number_id id phoneNumber optional, status line, payload document any, summary text any`,
  call_events: "call_id number, kind line, body document any",
  call_messages: "call_id number, content text any",
  call_costs: "call_id number, cents number",
  call_recordings: "call_id number, path text any",
  transcripts: "call_id number, lines text any",
  campaigns: "name line, assistant_id id assistant optional, rules document any",
  campaign_contacts: "campaign_id number, contact_id number",
  contacts: "name line, last_assistant id assistant optional",
  contact_tags: "contact_id number, tag_id number",
  tags: "name line",
  webhooks: "url text any",
  webhook_deliveries: "webhook_id number, payload document any",
  audit_log: "entry text any",
  api_keys: "label line",
  invoices: "account_id number, cents number",
  invoice_lines: "invoice_id number, label line",
  plans: "name line",
  subscriptions: "account_id number, plan_id number",
  settings: "* assistant_id id assistant, options document any",
  feature_flags: "name line, per_agent document any",
  files: "name line",
  knowledge_bases: "tool_id id tool optional, name line",
  kb_files: "knowledge_base_id number, file_id number",
  workflows: "name line, graph document any",
  workflow_runs: "workflow_id number, assistant_id id assistant optional, state document any",
  schedules: `assistant_id ${agent}, cron line`,
  experiments: "variant_a id assistant, variant_b id assistant",
  evaluations: "call_id number, assistant_id id assistant optional, verdict text any",
  templates: "source_assistant id assistant optional, body text any"
}

const columnOf = (text: string): Column => {
  const [name = "", type, ...rest] = text.replace("* ", "").split(" ")
  const refers = rest.find((_, at) => rest[at - 1] === ">")?.split(".")
  const of = (["assistant", "tool", "phoneNumber", "any"] as const).find((one) => one === rest[0])
  if (type !== "number" && type !== "line" && type !== "text" && type !== "document" && type !== "id")
    throw new Error(`${text}: no type`)
  return {
    name,
    type,
    of,
    unique: rest.includes("unique"),
    optional: rest.includes("optional"),
    refers: refers === undefined ? undefined : [refers[0] ?? "", refers[1] ?? ""]
  }
}

export const tables: ReadonlyArray<Table> = Object.entries(words).map(([name, text]) => {
  const parts = text.split(", ")
  const key = parts.filter((part) => part.startsWith("* ")).map((part) => columnOf(part).name)
  return { name, key: key.length === 0 ? ["id"] : key, columns: parts.map(columnOf) }
})
