/**
 * The promise client's types, and that its surface is the services' surface.
 */
import { AywaRuntimeClient, type Assistant, type CallPromise, type ListPromise, type Tool } from "@aywa-ai/runtime-sdk"
import type { Assistants, PhoneNumbers, Tools } from "@aywa-ai/runtime-sdk/effect"

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const proven = <T extends true>(): T | void => undefined

declare const aywa: AywaRuntimeClient

proven<Equal<keyof AywaRuntimeClient["assistants"], keyof Assistants.Assistants["Service"]>>()
proven<Equal<keyof AywaRuntimeClient["phoneNumbers"], keyof PhoneNumbers.PhoneNumbers["Service"]>>()
proven<Equal<keyof AywaRuntimeClient["tools"], keyof Tools.Tools["Service"]>>()

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
void aywa.assistants.create({ model: { provider: "a-provider-of-tomorrow", model: "m", extra: 1 }, name: undefined })
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
