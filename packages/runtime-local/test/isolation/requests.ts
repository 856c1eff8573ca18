/**
 * Requests of every operation in the contract, with arguments that collide on purpose: few names, few numbers, few
 * idempotency keys, and ids of either organization.
 */
import { contract, type Group, type Operation, specOf } from "@aywa-ai/runtime-sdk/contract"
import * as fc from "fast-check"

export interface Step {
  readonly who: "A" | "B"
  readonly operation: number
  /** Whose row the path, the body and the query mean. */
  readonly side: "mine" | "theirs" | "nobody"
  /** Which of their rows. */
  readonly row: number
  /** Which body, which query. */
  readonly variant: number
  readonly key: string | undefined
  readonly cursor: "mine" | "theirs" | undefined
  readonly foreignHeader: boolean
  readonly ifMatch: boolean
}

export interface Served {
  /** `assistants.create` */
  readonly name: string
  readonly resource: string
  readonly operation: Operation
}

export const served: ReadonlyArray<Served> = Object.entries<Group>(contract).flatMap(([resource, group]) =>
  Object.entries(group).map(([name, operation]) => ({ name: `${resource}.${name}`, resource, operation }))
)

export const step: fc.Arbitrary<Step> = fc.record({
  who: fc.constantFrom("A", "B", "B"),
  // Creates come up more often than they would: what nobody has cannot be told apart.
  operation: fc.oneof(
    fc.nat(served.length - 1),
    fc.constantFrom(...served.flatMap(({ name }, index) => (/\.(create|upload)/.test(name) ? [index] : [])))
  ),
  side: fc.constantFrom("mine", "theirs", "theirs", "nobody"),
  row: fc.nat(5),
  variant: fc.nat(11),
  key: fc.constantFrom(undefined, undefined, "k1", "k2"),
  cursor: fc.constantFrom(undefined, undefined, "mine", "theirs"),
  foreignHeader: fc.integer({ min: 0, max: 39 }).map((n) => n === 0),
  ifMatch: fc.integer({ min: 0, max: 9 }).map((n) => n === 0)
})

/** Gives an id of the side that a step means. */
export type Ref = (resource: string) => string

export interface Prepared {
  readonly method: string
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | FormData | undefined
}

export const prepare = (step: Step, ref: Ref, cursor: string | undefined, organizationOfOther: string): Prepared => {
  const { name, resource, operation } = served[step.operation]!
  const { body, multipart } = specOf(operation)
  const path = operation.path.replace(":id", () => encodeURIComponent(ref(resource)))
  const query = operation.kind === "page" ? queryOf(step, ref, cursor) : ""
  const headers = {
    ...(body !== undefined && !multipart ? { "content-type": "application/json" } : {}),
    ...(step.key === undefined ? {} : { "idempotency-key": step.key }),
    ...(step.foreignHeader ? { "x-organization-id": organizationOfOther } : {}),
    ...(step.ifMatch ? { "if-match": `"${1 + (step.variant % 3)}"` } : {})
  }
  return {
    method: operation.method,
    target: `${path}${query}`,
    headers,
    body: multipart ? form(step) : body === undefined ? undefined : JSON.stringify(bodyOf(name, step.variant, ref))
  }
}

const form = ({ variant }: Step) => {
  const form = new FormData()
  form.set("file", new File([`content ${variant % 2}`], `f${variant % 2}.txt`, { type: "text/plain" }))
  return form
}

const queryOf = ({ variant }: Step, ref: Ref, cursor: string | undefined): string => {
  const parameters = [
    {},
    { limit: "1" },
    { limit: "2", page: "2" },
    { id: ref("calls") },
    { assistantId: ref("assistants") },
    { name: names[variant % 2]! },
    { createdAtGe: "2030-01-01T00:00:00.050Z" }
  ][variant % 7]!
  const query = new URLSearchParams({ ...parameters, ...(cursor === undefined ? {} : { cursor }) })
  return query.size === 0 ? "" : `?${query}`
}

const names = ["Ava", "Ben"]
const numbers = ["+14155550100", "+14155550101", "+14155550102"]

const bodyOf = (operation: string, variant: number, ref: Ref): unknown => {
  const name = names[variant % 2]!
  const number = numbers[variant % 3]!
  const server = { url: "http://127.0.0.1:9/hook", credentialId: ref("credentials") }
  const call = { assistantId: ref("assistants"), phoneNumberId: ref("phoneNumbers"), customer: { number } }
  const bundle = {
    assistants: [
      {
        id: `source_${variant % 3}`,
        name,
        model: { provider: "openai", model: "m", toolIds: [ref("tools"), "source_t"] }
      }
    ],
    tools: [
      {
        id: "source_t",
        type: "transferCall",
        destinations: [{ type: "assistant", assistantName: names[(variant + 1) % 2] }]
      }
    ],
    credentials: [{ id: ref("credentials"), provider: "openai", name }],
    phoneNumbers: [{ id: `source_p${variant % 2}`, provider: "vapi", number, assistantId: ref("assistants") }]
  }
  switch (operation) {
    case "assistants.create":
      return variant % 4 === 3
        ? { name, server }
        : {
            name,
            model: { provider: "openai", model: "m", toolIds: [ref("tools")] },
            credentialIds: [ref("credentials")]
          }
    case "assistants.update":
      return variant % 2 === 0 ? { name } : { artifactPlan: { structuredOutputIds: [ref("structuredOutputs")] } }
    case "phoneNumbers.create":
      return { provider: "vapi", number, name, assistantId: ref("assistants") }
    case "phoneNumbers.update":
      return variant % 2 === 0 ? { number } : { assistantId: ref("assistants") }
    case "tools.create":
      return variant % 2 === 0
        ? { type: "handoff", destinations: [{ type: "assistant", assistantId: ref("assistants") }] }
        : { type: "function", function: { name: "look_up" }, server }
    case "tools.update":
      return { destinations: [{ type: "assistant", assistantId: ref("assistants") }] }
    case "calls.create":
    case "calls.createPhone":
      return call
    case "calls.createBatch":
      return {
        assistantId: ref("assistants"),
        phoneNumberId: ref("phoneNumbers"),
        customers: [{ number }, { number: "wrong" }]
      }
    case "calls.createWeb":
      return { assistantId: ref("assistants") }
    case "calls.control":
      return variant % 2 === 0 ? { type: "say", content: "Hello" } : { type: "end-call" }
    case "credentials.create":
      return { provider: "openai", name, apiKey: "sk_secret" }
    case "webhookEndpoints.create":
      return variant % 2 === 0
        ? { url: server.url, scope: "account", enabled: true }
        : { url: server.url, scope: "assistant", targetId: ref("assistants"), enabled: true }
    case "webhookEndpoints.update":
      return { enabled: variant % 2 === 0 }
    case "structuredOutputs.create":
      return { name, schema: { type: "object" }, assistantIds: [ref("assistants")] }
    case "structuredOutputs.update":
      return { assistantIds: [ref("assistants")] }
    case "structuredOutputs.run":
      return { callIds: [ref("calls")], structuredOutputId: ref("structuredOutputs") }
    case "imports.create":
      return { source: variant % 2 === 0 ? "vapi" : "other", bundle }
    case "imports.createVapi":
      return bundle
    default:
      return { name }
  }
}
