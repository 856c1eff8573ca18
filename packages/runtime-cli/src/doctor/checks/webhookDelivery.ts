/**
 * What the runtime says about its deliveries: where they go, and whether they arrive.
 */
import { createServer } from "node:http"
import { once } from "node:events"
import type { AddressInfo } from "node:net"
import { buffer } from "node:stream/consumers"
import { setTimeout as sleep } from "node:timers/promises"
import * as Redacted from "effect/Redacted"
import { isLoopbackUrl } from "../../core/loopback.ts"
import { control, controlVariable } from "../../core/control.ts"
import { judge } from "../../webhooks/judge.ts"
import { answerText, rowsOf } from "../probe.ts"
import { type Check, type CheckContext, fail, ok, type Outcome, skip, warn } from "../types.ts"

const endpoints: Check = {
  id: "webhook.endpoints",
  meaning: "The endpoints that are registered are encrypted and turned on.",
  needs: ["auth.key"],
  run: async ({ probe, base }) => {
    const answer = await probe("/webhook-endpoint?limit=1000")
    if (answer.status !== 200) return skip(`GET /webhook-endpoint: ${answerText(answer)}`)
    const rows = rowsOf(answer.json)
    if (rows.length === 0) return ok("none are registered")
    const isLocal = isLoopbackUrl(base().href)
    const plain = rows.filter(
      ({ url }) => typeof url === "string" && url.startsWith("http:") && !(isLocal && isLoopbackUrl(url))
    )
    if (plain.length > 0) {
      return fail(
        `${plain.length} of ${rows.length} endpoints are plain http: ${plain.map(({ id }) => String(id)).join(", ")}.`,
        "Transcripts would travel unencrypted: use https."
      )
    }
    const off = rows.filter(({ enabled }) => enabled === false)
    if (off.length > 0) {
      return warn(
        `${off.length} of ${rows.length} endpoints are turned off: ${off.map(({ id }) => String(id)).join(", ")}.`,
        "Turn them on again (webhook-endpoints update ID --set enabled=true), or delete them."
      )
    }
    return ok(`${rows.length} registered, all turned on`)
  }
}

const delivery: Check = {
  id: "webhook.delivery",
  meaning: "Events arrive: nothing is given up on, and few attempts fail.",
  needs: ["auth.key"],
  run: async ({ probe }) => {
    const answer = await probe("/logs/webhooks?limit=100")
    if (answer.status !== 200) return skip(`GET /logs/webhooks: ${answerText(answer)}`)
    const jobs = rowsOf(answer.json)
    if (jobs.length === 0) return ok("no event was sent yet")
    const count = (status: string) => jobs.filter((job) => job["status"] === status).length
    const dead = count("dead")
    if (dead > 0) {
      return fail(
        `${dead} of the last ${jobs.length} events were given up on.`,
        "See them with aywa-runtime webhooks tail --status dead --no-follow, and send them again with webhooks replay ID."
      )
    }
    const retrying = count("retrying")
    if (retrying > jobs.length / 20) {
      return warn(
        `${retrying} of the last ${jobs.length} events wait for another attempt.`,
        "See what your handler answers: aywa-runtime webhooks tail --status retrying --no-follow."
      )
    }
    return ok(`${count("succeeded")} of the last ${jobs.length} events arrived`)
  }
}

const roundTrip: Check = {
  id: "webhook.roundtrip",
  meaning: "An event goes all the way: sent by the runtime, received, verified.",
  needs: ["auth.key", "webhook.secret", "webhook.handler"],
  run: async (context) => {
    const { input, settings, base } = context
    const isLocal = isLoopbackUrl(base().href) && settings.variable(controlVariable) !== undefined
    if (!isLocal) return input.webhookUrl === undefined ? skip(noTestEvents) : deliverOnce(context, input.webhookUrl)
    if (!input.write) return skip("give --write: it registers an endpoint and deletes it again")
    const secret = settings.webhookSecret
    if (secret === undefined) return skip("there is no webhook secret to verify with")
    return receive(context, Redacted.value(secret.value))
  }
}

const noTestEvents = `a deployed runtime has no request that sends a test event: give --webhook-url, and its log tells whether real ones arrive there (a local one sends with --write and its ${controlVariable})`

/**
 * A deployed runtime sends when there is something to say, and never on demand. `webhook.handler` has just seen that
 * the handler takes what is signed with this secret and nothing else: so an event that it took was signed with it.
 */
const deliverOnce = async ({ probe }: CheckContext, webhookUrl: string): Promise<Outcome> => {
  const answer = await probe("/logs/webhooks?limit=1000")
  if (answer.status !== 200) return skip(`GET /logs/webhooks: ${answerText(answer)}`)
  const jobs = rowsOf(answer.json)
  const last = jobs.find(
    ({ target, status }) =>
      sameAddress(target, webhookUrl) && ["succeeded", "retrying", "dead"].includes(String(status))
  )
  if (last === undefined) {
    return skip(
      `none of the last ${jobs.length} events went to --webhook-url, and a deployed runtime has no request that sends a test event: place a call, or compare the address with the runtime's`
    )
  }
  const event = `the ${String(last["type"])} of ${String(last["createdAt"])}`
  const status = typeof last["statusCode"] === "number" ? `status ${last["statusCode"]}` : "no answer"
  if (last["status"] === "succeeded") return ok(`${event} got ${status} there, so it was signed with this secret`)
  return fail(
    `The runtime's last event there, ${event}, got ${status}.`,
    status.startsWith("status 4")
      ? "The handler takes what is signed with this secret: set the same one in the runtime, then aywa-runtime webhooks retry JOB."
      : `See the handler's log, and aywa-runtime webhook-logs get ${String(last["id"])}.`
  )
}

const sameAddress = (target: unknown, url: string) =>
  typeof target === "string" && URL.canParse(target) && new URL(target).href === new URL(url).href

const receive = async (context: CheckContext, secret: string): Promise<Outcome> => {
  const { steady, signal } = context
  const server = createServer()
  const delivery = new Promise<string>((resolve) => {
    server.on("request", async (request, response) => {
      const verdict = judge({ headers: request.headers, body: await buffer(request) }, secret)
      response.writeHead(204).end()
      resolve(verdict)
    })
  })
  let endpoint: string | undefined
  try {
    server.listen(0, "127.0.0.1")
    await once(server, "listening")
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/` // A TCP server's address.
    const registration = await steady("/webhook-endpoint", { method: "POST", body: { url, scope: "account" } })
    const id: unknown = Reflect.get(Object(registration.json), "id")
    if (typeof id !== "string")
      return fail(`An endpoint cannot be registered: ${answerText(registration)}.`, "Does the key write?")
    endpoint = id
    await control(context, "POST", "trigger", { type: "status-update", to: url })
    const verdict = await Promise.race([delivery, sleep(10_000, "nothing", { signal, ref: false })])
    if (verdict === "good") return ok("registered, sent, received, verified, deleted")
    if (verdict === "nothing")
      return fail("The event did not arrive within 10 seconds.", "See aywa-runtime webhooks tail.")
    return fail(`The event arrived, and its signature is refused: ${verdict}.`, "Take the secret of this runtime.")
  } finally {
    if (endpoint !== undefined) await steady(`/webhook-endpoint/${endpoint}`, { method: "DELETE" })
    server.closeAllConnections()
    server.close()
  }
}

/** The checks of this file. */
export const webhookDeliveryChecks: ReadonlyArray<Check> = [endpoints, delivery, roundTrip]
