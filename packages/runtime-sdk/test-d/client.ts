/**
 * The promise client's types, and that its surface is the services' surface.
 */
import {
  AywaRuntimeClient,
  type Assistant,
  type Call,
  type CallBatch,
  type CallControl,
  type CallPromise,
  type ListPromise,
  type ModelName,
  type ModelProvider,
  type Tool
} from "@aywa-ai/runtime-sdk"
import type { contract } from "@aywa-ai/runtime-sdk/contract"
import type * as Sdk from "@aywa-ai/runtime-sdk/effect"
import * as Redacted from "effect/Redacted"

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const proven = <T extends true>(): T | void => undefined

declare const aywa: AywaRuntimeClient

// The client's surface is the Effect client's surface, group by group, and there is a service for every group.
type Services = Omit<Sdk.AywaRuntime.Service, "request" | "requestFor">
proven<Equal<keyof Services, keyof typeof contract>>()
proven<{ [K in keyof Services]: Equal<keyof Services[K], keyof AywaRuntimeClient[K]> }[keyof Services]>()

const list = aywa.assistants.list({ limit: 20 }, { signal: new AbortController().signal })
proven<Equal<typeof list, ListPromise<Assistant>>>()
const get = aywa.tools.get("id", { timeout: 1 })
proven<Equal<typeof get, CallPromise<Tool>>>()
const removed = aywa.tools.delete("id")
proven<Equal<typeof removed, CallPromise<Tool | undefined>>>()

// Unknown fields are there, as unknown; known ones have their types; enumerations are open.
declare const assistant: Assistant
proven<Equal<(typeof assistant)["anything"], unknown>>()
proven<Equal<typeof assistant.id, string>>()
void aywa.assistants.create({ model: { provider: "a-provider-of-tomorrow", model: "m" }, name: undefined })
void aywa.assistants.update(assistant.id, { ...assistant, name: "x" })

// @ts-expect-error baseUrl is required, even if only as undefined
void new AywaRuntimeClient({ apiKey: "k" })
// @ts-expect-error a mistyped field
void aywa.assistants.create({ nmae: "x" })
// @ts-expect-error a tool needs a type
void aywa.tools.create({})
// @ts-expect-error an option that does not exist
void aywa.assistants.list({}, { idempotencykey: "x" })
// @ts-expect-error an id is required
void aywa.assistants.get()

// One customer gives a call, several give a batch.
const placed = aywa.calls.create({ assistantId: "a", customer: { number: "+14155550123" } })
proven<Equal<typeof placed, CallPromise<Call>>>()
const batch = aywa.calls.createBatch({ assistantId: "a", customers: [{ number: "+14155550123" }] })
proven<Equal<typeof batch, CallPromise<CallBatch>>>()
// @ts-expect-error several customers are a batch
void aywa.calls.create({ assistantId: "a", customers: [] })

// Control actions are a union by type.
void aywa.calls.control("id", { type: "say", content: "Hello" })
void aywa.calls.control("id", { type: "transfer", destination: { type: "number", number: "+14155550123" } })
declare const control: CallControl
if (control.type === "control") {
  proven<
    Equal<
      typeof control.control,
      "mute-assistant" | "unmute-assistant" | "mute-customer" | "unmute-customer" | "say-first-message"
    >
  >()
}
// @ts-expect-error say needs content
void aywa.calls.control("id", { type: "say" })
// @ts-expect-error no such action
void aywa.calls.control("id", { type: "dance" })
// @ts-expect-error no such control
void aywa.calls.control("id", { type: "control", control: "mute-everyone" })

// Secrets are plain or wrapped, at the top and in plans.
void aywa.credentials.create({ provider: "openai", apiKey: "plain" })
void aywa.credentials.create({ provider: "openai", apiKey: Redacted.make("wrapped") })
void aywa.credentials.create({
  provider: "webhook",
  authenticationPlan: { type: "bearer", token: Redacted.make("wrapped") }
})
void aywa.phoneNumbers.create({
  provider: "twilio",
  number: "+14155550123",
  twilioAccountSid: "AC",
  twilioAuthToken: Redacted.make("wrapped")
})
// @ts-expect-error a number is no secret
void aywa.credentials.create({ provider: "openai", apiKey: 1 })
// @ts-expect-error nor is a wrapped number
void aywa.credentials.create({ provider: "openai", apiKey: Redacted.make(1) })

const metrics = aywa.operations.metrics()
proven<Equal<typeof metrics, CallPromise<string>>>()

// Files: every source, bytes whole and piece by piece.
void aywa.files.upload({ file: { path: "a.pdf" }, purpose: "assistant" })
void aywa.files.upload({ file: new Blob([]), name: "a.pdf", metadata: { source: "erp" } })
void aywa.files.upload({ file: new Uint8Array() })
void aywa.files.upload({ file: new Blob([]).stream() })
void aywa.files.upload({ file: () => new Blob([]).stream() })
// @ts-expect-error a path is an object, so that text is not taken for one
void aywa.files.upload({ file: "a.pdf" })
const content = aywa.files.content("id")
proven<Equal<typeof content, CallPromise<Uint8Array>>>()
const pieces = aywa.files.contentStream("id", { signal: new AbortController().signal })
proven<Equal<typeof pieces, AsyncIterable<Uint8Array>>>()

// Waiting gives the call; other routes give what nobody has checked.
const ended = aywa.calls.waitUntilEnded("id", { pollEvery: 1, deadline: 2, signal: new AbortController().signal })
proven<Equal<typeof ended, CallPromise<Call>>>()
const any = aywa.request({ method: "GET", path: "/squad", query: { limit: 1, tag: ["a"] } })
proven<Equal<typeof any, CallPromise<unknown>>>()
// @ts-expect-error no such method
void aywa.request({ method: "TRACE", path: "/squad" })

// Completion offers the known values, and any string is accepted.
const provider: Assistant["model"] = { provider: "a-provider-of-tomorrow", model: "a-model-of-tomorrow" }
void provider
proven<Equal<Extract<ModelName, "gpt-4o" | "claude-sonnet-4-20250514">, "gpt-4o" | "claude-sonnet-4-20250514">>()
proven<Equal<Extract<ModelProvider, "openai" | "vapi">, "openai" | "vapi">>()
