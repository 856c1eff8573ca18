/**
 * A body for each operation that takes one, as an agent would write it. A test holds them against the contract.
 */

/** By the name of the operation. */
export const examples: Readonly<Record<string, object>> = {
  "assistants.create": {
    name: "Desk",
    firstMessage: "Order desk, how can I help?",
    model: {
      provider: "openai",
      model: "gpt-4.1-mini",
      messages: [{ role: "system", content: "You answer questions about orders." }]
    },
    voice: { provider: "11labs", voiceId: "paula" }
  },
  "assistants.update": { firstMessage: "Good morning, order desk." },
  "phoneNumbers.create": { provider: "vapi", number: "+14155550123", name: "Main line" },
  "phoneNumbers.update": { assistantId: "ID" },
  "tools.create": {
    type: "function",
    function: {
      name: "lookup_order",
      description: "Looks an order up",
      parameters: { type: "object", properties: { order: { type: "string" } }, required: ["order"] }
    },
    server: { url: "http://127.0.0.1:3000/tools" }
  },
  "tools.update": { server: { url: "http://127.0.0.1:3000/tools" } },
  "calls.create": { assistantId: "ID", phoneNumberId: "ID", customer: { number: "+14155550123" } },
  "calls.createPhone": { assistantId: "ID", phoneNumberId: "ID", customer: { number: "+14155550123" } },
  "calls.createBatch": { assistantId: "ID", phoneNumberId: "ID", customers: [{ number: "+14155550123" }] },
  "calls.createWeb": { assistantId: "ID" },
  "calls.update": { name: "Order 4711" },
  "calls.control": { type: "say", content: "One moment, please." },
  "credentials.create": { provider: "openai", apiKey: "KEY", name: "Ours" },
  "credentials.update": { name: "Ours" },
  "webhookEndpoints.create": {
    url: "http://127.0.0.1:3000/webhooks",
    scope: "account",
    events: ["end-of-call-report"]
  },
  "webhookEndpoints.update": { enabled: true },
  "files.upload": { file: "Opening hours: 9 to 5.", name: "hours.txt", contentType: "text/plain" },
  "files.update": { name: "hours.txt" },
  "structuredOutputs.create": {
    name: "Outcome",
    type: "ai",
    schema: { type: "object", properties: { solved: { type: "boolean" } } }
  },
  "structuredOutputs.update": { name: "Outcome" },
  "structuredOutputs.run": { structuredOutputId: "ID", callIds: ["ID"] },
  "imports.create": { source: "acme", bundle: { assistants: [{ id: "asst_1", name: "Desk" }] } },
  "imports.createVapi": { assistants: [{ id: "asst_1", name: "Desk" }] }
}
