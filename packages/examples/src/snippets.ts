/** The lines of the runtime's own documentation, as they stand there. They are compiled, not run. */
import { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"
const aywa = new AywaRuntimeClient({ baseUrl: process.env.AYWA_RUNTIME_BASE_URL, apiKey: process.env.AYWA_RUNTIME_API_KEY, organizationId: process.env.AYWA_RUNTIME_ORGANIZATION_ID })
const assistants = await aywa.assistants.list({ limit: 20 })       // assistants.items
await aywa.assistants.create({ name: "Support concierge", model: { provider: "openai", model: "gpt-4.1-mini" } }, { idempotencyKey: "assistant-support-concierge-v1" })
import { verifyAywaRuntimeWebhook } from "@aywa-ai/runtime-sdk/webhooks"
declare const rawBody: Buffer
declare const request: Request | import("node:http").IncomingMessage
const event = verifyAywaRuntimeWebhook({ body: rawBody, headers: request.headers, secret: process.env.AYWA_RUNTIME_WEBHOOK_SECRET })
export { assistants, event }
