/**
 * The files that the recorded sessions use.
 */

const source = (n: number) => `${String(n).padStart(8, "0")}-aaaa-4aaa-8aaa-000000000000`

export const files: Readonly<Record<string, string>> = {
  "rows.json": `${JSON.stringify({ assistants: [{ name: "Front desk", model: { provider: "openai", model: "gpt-4.1-mini" } }] })}\n`,
  "assistant.yaml": `name: Support concierge
firstMessage: Hello, how can I help?
model:
  provider: openai
  model: gpt-4.1-mini
metadata:
  team: support
`,
  "event.json": `${JSON.stringify({ message: { type: "status-update", status: "ended", call: { id: "call_1" } } })}`,
  "tools.ts": `import { Tool, Toolkit } from "@aywa-ai/runtime-sdk/tools"

export default Toolkit.make(
  Tool.make("lookupOrder", {
    description: "Finds an order by its number",
    parameters: { type: "object", properties: { orderId: { type: "string" } }, required: ["orderId"] },
    execute: ({ orderId }) => \`Order \${orderId} is on its way\`
  })
)
`,
  "bundle.json": `${JSON.stringify({
    tools: [{ id: source(2), type: "endCall" }],
    assistants: [
      { id: source(1), name: "Night desk", model: { provider: "openai", model: "gpt-4.1", toolIds: [source(2)] } },
      { id: source(3), name: "Night desk", model: { provider: "openai", model: "gpt-4.1", toolIds: [source(9)] } }
    ],
    credentials: [{ id: source(4), provider: "twilio", name: "Trunk" }]
  })}\n`,
  "desk.md": `---
# Answers the main number.
name: Front desk
firstMessage: "Hello, how can I help?" # said first
model:
  provider: openai
  model: gpt-4.1-mini
  toolIds: [lookup-order]
---

# Who you are

You are the front desk of a shop.

# Rules

- Ask for the order.
- Be brief.
`,
  "lookup-order.yaml": `type: function
function:
  name: lookup_order
  description: Finds an order by its number
  parameters:
    type: object
    properties: { order: { type: string } }
server:
  url: http://127.0.0.1:3000/tools
`,
  "locations.yaml": `locations:
  - { table: calls, column: assistant_id, kind: id, resource: assistant, key: [id] }
`
}

/** The application's database: calls that name assistants of the source. */
export const applicationSql = [
  "CREATE TABLE calls (id INTEGER PRIMARY KEY, assistant_id TEXT)",
  `INSERT INTO calls VALUES (1, '${source(1)}'), (2, '${source(3)}'), (3, '${source(1)}')`
].join(";")
