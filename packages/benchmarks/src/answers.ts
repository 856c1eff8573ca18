/**
 * What the loopback server answers, in the shape of each client that asks.
 */

/** Status line and headers of an answer with a body of so many bytes. */
export const header = (status: string, length: number): Buffer =>
  Buffer.from(
    `HTTP/1.1 ${status}\r\ncontent-type: application/json; charset=utf-8\r\nx-request-id: req_1\r\n` +
      `date: Wed, 25 Nov 2026 09:00:00 GMT\r\ncontent-length: ${length}\r\nconnection: keep-alive\r\n` +
      `keep-alive: timeout=60\r\n\r\n`
  )

const response = (status: string, json: unknown): Buffer => {
  const body = Buffer.from(JSON.stringify(json))
  return Buffer.concat([header(status, body.length), body])
}

/** About 620 bytes of JSON, as a stored assistant has them. */
export const assistant = (i: number) => ({
  id: `00000000-0000-4000-8000-${String(i).padStart(12, "0")}`,
  orgId: "11111111-1111-4111-8111-111111111111",
  createdAt: instant(i),
  updatedAt: instant(i),
  name: `Reception ${i}`,
  firstMessage: "Good morning, this is the practice. How can I help you?",
  model: { provider: "openai", model: "gpt-4.1", temperature: 0.3, maxTokens: 250, toolIds: ["tool-1", "tool-2"] },
  voice: { provider: "11labs", voiceId: "21m00Tcm4TlvDq8ikWAM", speed: 1 },
  transcriber: { provider: "deepgram", model: "nova-3", language: "en" },
  serverMessages: ["end-of-call-report", "status-update"],
  maxDurationSeconds: 600,
  backgroundSound: "off",
  endCallMessage: null
})

// Strictly falling, as a list that goes on by `createdAtLe` needs it.
const instant = (i: number): string => new Date(1_790_000_000_000 - i * 1000).toISOString()

/** The same amount of JSON in another API's shape. */
export const customer = (i: number) => ({
  id: `cus_${String(i).padStart(14, "0")}`,
  object: "customer",
  address: { city: "Berlin", country: "DE", line1: "Example street 1", line2: null, postal_code: "10115", state: null },
  balance: 0,
  created: 1_790_000_000 - i,
  currency: "eur",
  default_source: null,
  delinquent: false,
  description: "A customer of the practice, with a description of ordinary length for a row",
  email: `person${i}@example`,
  invoice_prefix: "0759376C",
  invoice_settings: { custom_fields: null, default_payment_method: null, footer: null, rendering_options: null },
  livemode: false,
  metadata: { tier: "gold", order: "6735" },
  name: `Person ${i}`,
  phone: null,
  preferred_locales: ["de"],
  tax_exempt: "none"
})

const file = (i: number) => ({
  id: `file-${String(i).padStart(24, "0")}`,
  object: "file",
  bytes: 120_000 + i,
  created_at: 1_790_000_000 - i,
  expires_at: null,
  filename: `training-${i}.jsonl`,
  purpose: "fine-tune",
  status: "processed",
  status_details: "x".repeat(380)
})

const twenty = <A>(make: (i: number) => A): ReadonlyArray<A> => Array.from({ length: 20 }, (_, i) => make(i))

const stripeList = { object: "list", url: "/v1/customers", has_more: false, data: twenty(customer) }

export const answers: ReadonlyMap<string, Buffer> = new Map(
  Object.entries({
    "/assistant": twenty(assistant),
    "/assistant/a": assistant(0),
    "/v1/customers": stripeList,
    "/v1/customers/a": customer(0),
    "/files": { object: "list", has_more: false, data: twenty(file) },
    "/files/a": file(0)
  }).map(([path, json]) => [path, response("200 OK", json)])
)

export const notFound = response("404 Not Found", { message: "Not Found", statusCode: 404 })

/** Sizes of the answers in bytes of JSON, for the tables. */
export const size = (path: string): number => {
  const bytes = answers.get(path) ?? notFound
  return bytes.length - bytes.indexOf("\r\n\r\n") - 4
}
