/** The quickstart as an Effect program, on the embedded local runtime. */
import { LocalRuntime } from "@aywa-ai/runtime-local"
import { Assistants, AywaRuntime, PhoneNumbers, Policy, Tools } from "@aywa-ai/runtime-sdk/effect"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { flow } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"

// The address comes from a layer; a program that forgets it does not compile.
const runtime = Layer.unwrap(
  Effect.gen(function* () {
    const { baseUrl, apiKey, organizationId } = yield* LocalRuntime
    return AywaRuntime.layer({ baseUrl, apiKey, organizationId })
  })
).pipe(Layer.provideMerge(LocalRuntime.layer()))

const patient = flow(Policy.retry({ times: 4, baseDelay: "50 millis" }), Policy.deadline("10 seconds"))

const program = Effect.gen(function* () {
  const assistants = yield* Assistants.Assistants
  const phoneNumbers = yield* PhoneNumbers.PhoneNumbers
  const tools = yield* Tools.Tools
  const local = yield* LocalRuntime

  yield* Console.log("assistants:", (yield* assistants.list({ limit: 20 })).items.length)

  const create = assistants.create(
    { name: "Support concierge", model: { provider: "openai", model: "gpt-4.1-mini" } },
    { idempotencyKey: "assistant-support-concierge-v1" }
  )
  const made = yield* create
  local.faults.next("reset", { when: "after", match: { method: "POST" } })
  const again = yield* AywaRuntime.withResponse(Policy.with(create, patient))
  yield* Console.log("same assistant:", again.value.id === made.id, "attempts:", again.response?.attempts)

  const number = yield* phoneNumbers.create({
    provider: "vapi",
    number: "+14155550123"
  })
  yield* phoneNumbers.update(number.id, { assistantId: made.id })
  yield* assistants
    .delete(made.id)
    .pipe(Effect.catchTag("ConflictError", (error) => Console.log("still bound:", error.code)))
  yield* phoneNumbers.delete(number.id)

  yield* Console.log("tools:", yield* Stream.runCount(tools.stream()))
  yield* assistants.update(made.id, { firstMessage: "Hello! How can I help?" })
  yield* assistants.delete(made.id)
  yield* Console.log("assistants left:", local.count("assistants"))
})

await Effect.runPromise(Effect.provide(program, runtime))
