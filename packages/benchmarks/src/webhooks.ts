/** Verify, parse and check one delivery: ours and the libraries that Node programs use for it. */
import { createHmac, randomBytes } from "node:crypto"
import { loadWebhooks } from "./built.ts"
import type { Task, Variants, Work } from "./rounds.ts"

export const names = ["aywa", "standardwebhooks", "svix", "stripe"]

export const tasks: ReadonlyArray<Task> = [
  { name: "1 KB", units: 6000, bytes: 1024 },
  { name: "10 KB", units: 2500, bytes: 10 * 1024 },
  { name: "100 KB", units: 400, bytes: 100 * 1024 }
]

const secret = `whsec_${randomBytes(24).toString("base64")}`
const key = Buffer.from(secret.slice(6), "base64")
const seconds = Math.floor(Date.now() / 1000)
const id = "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W"

/** A conversation-update of about so many bytes. */
const bodyOf = (bytes: number): Buffer => {
  const turn = (i: number) => ({
    role: i % 2 === 0 ? "user" : "assistant",
    message: `Turn ${i}: I would like to move my appointment to Tuesday, if that is possible.`,
    time: 1_790_000_000_000 + i * 1000,
    secondsFromStart: i
  })
  const messages: Array<unknown> = []
  const json = () =>
    JSON.stringify({
      message: {
        type: "conversation-update",
        timestamp: 1_790_000_000_000,
        call: { id: "11111111-1111-4111-8111-111111111111", orgId: "org_1", type: "inboundPhoneCall" },
        messages,
        messagesOpenAIFormatted: [{ role: "system", content: "You are the receptionist of a practice." }]
      }
    })
  while (json().length < bytes - 200) messages.push(turn(messages.length))
  return Buffer.from(json())
}

const standardHeaders = (body: Buffer) => ({
  "webhook-id": id,
  "webhook-timestamp": String(seconds),
  "webhook-signature": `v1,${createHmac("sha256", key).update(`${id}.${seconds}.`).update(body).digest("base64")}`,
  "content-type": "application/json"
})

const loop =
  (open: (body: Buffer) => () => unknown): Work =>
  async ({ units, bytes = 1024 }) => {
    const once = open(bodyOf(bytes))
    for (let i = 0; i < units; i++) once()
  }

// The libraries give whatever JSON was signed; ours also says of a message that it is not what its type promises.
export const variants: Variants = {
  aywa: async () => {
    const { verifyAywaRuntimeWebhook } = await loadWebhooks()
    return loop((body) => {
      const headers = standardHeaders(body)
      const { message } = verifyAywaRuntimeWebhook({ body, headers, secret })
      if (message.type !== "conversation-update") throw new Error(`read as ${message.type}`)
      return () => verifyAywaRuntimeWebhook({ body, headers, secret })
    })
  },
  standardwebhooks: async () => {
    const { Webhook } = await import("standardwebhooks")
    const webhook = new Webhook(secret)
    return loop((body) => {
      const headers = standardHeaders(body)
      return () => webhook.verify(body, headers)
    })
  },
  svix: async () => {
    const { Webhook } = await import("svix")
    const webhook = new Webhook(secret)
    return loop((body) => {
      const headers = standardHeaders(body)
      return () => webhook.verify(body, headers)
    })
  },
  stripe: async () => {
    const { default: Stripe } = await import("stripe")
    const { webhooks } = new Stripe("sk_test_bench")
    return loop((body) => {
      const mac = createHmac("sha256", secret).update(`${seconds}.`).update(body).digest("hex")
      const header = `t=${seconds},v1=${mac}`
      return () => webhooks.constructEvent(body, header, secret)
    })
  }
}
