/**
 * What the runtime's SDK page tells a new user to do, step by step, with the public API.
 *
 * Without an address it starts the embedded local runtime on a SQLite file. With AYWA_RUNTIME_BASE_URL and
 * AYWA_RUNTIME_API_KEY it talks to that runtime: read-only, unless `--write` is given.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { startLocalRuntime, type LocalRuntimeHandle } from "@aywa-ai/runtime-local"
import { AywaRuntimeClient, isRuntimeError, type CallPromise } from "@aywa-ai/runtime-sdk"

const say = (line: string) => console.log(line)
const remote = process.env["AYWA_RUNTIME_BASE_URL"]
const write = remote === undefined || process.argv.includes("--write")

const folder = remote === undefined ? mkdtempSync(join(tmpdir(), "aywa-quickstart-")) : undefined
const local: LocalRuntimeHandle | undefined =
  folder === undefined ? undefined : await startLocalRuntime({ store: { file: join(folder, "runtime.db") } })

const connect = () =>
  new AywaRuntimeClient({
    baseUrl: local?.baseUrl ?? remote,
    apiKey: local?.apiKey ?? process.env["AYWA_RUNTIME_API_KEY"],
    organizationId: local?.organizationId ?? process.env["AYWA_RUNTIME_ORGANIZATION_ID"]
  })

/** Makes a call and tells how it went. */
const step = async <A>(what: string, call: () => CallPromise<A>, result: (value: A) => string): Promise<A> => {
  const begin = performance.now()
  const { value, response } = await call().withResponse()
  const facts = [
    `${response.status}`,
    `${response.attempts} attempt${response.attempts === 1 ? "" : "s"}`,
    ...(response.replayed ? ["replayed"] : []),
    `${(performance.now() - begin).toFixed(1)} ms`
  ]
  say(`  ${what.padEnd(46)} ${result(value).padEnd(44)} ${facts.join(", ")}`)
  return value
}

try {
  await using aywa = connect()
  say(
    local === undefined
      ? `Your runtime at ${remote}${write ? "" : " (read-only; add --write to create and delete a draft)"}`
      : `Local runtime at ${local.baseUrl}, SQLite file ${join(folder ?? "", "runtime.db")}`
  )
  say("")

  const first = await step(
    "First read",
    () => aywa.assistants.list({ limit: 20 }),
    (page) => `${page.items.length} assistants`
  )

  if (write) {
    // One key per logical create: a rerun of this program makes a new draft, a retry of it does not.
    const idempotencyKey = `assistant-support-concierge-${crypto.randomUUID()}`
    const draft = { name: "Support concierge", model: { provider: "openai", model: "gpt-4.1-mini" } }
    const create = () => aywa.assistants.create(draft, { idempotencyKey })

    const assistant = await step("Create a draft assistant", create, (row) => row.id)
    await step("The same create again", create, (row) =>
      row.id === assistant.id ? "the same assistant" : "ANOTHER ONE"
    )
    local?.faults.next("reset", { when: "after", match: { method: "POST" } })
    await step(local === undefined ? "And once more" : "Once more, its first answer lost on the wire", create, (row) =>
      row.id === assistant.id ? "the same assistant" : "ANOTHER ONE"
    )
    const after = await step(
      "Count them",
      () => aywa.assistants.list({ limit: 1000 }),
      (page) => `${page.items.length}`
    )
    const made = after.items.length - first.items.length
    if (first.items.length < 20 && made !== 1) throw new Error(`Expected one more assistant, found ${made}`)

    if (local !== undefined) {
      const trunk = await step(
        "Create the trunk that it comes over",
        () => aywa.credentials.create({ provider: "byo-sip-trunk", gateways: [{ ip: "192.0.2.10" }] }),
        (row) => row.id
      )
      const number = await step(
        "Import a BYO phone number",
        () =>
          aywa.phoneNumbers.create(
            { provider: "byo-phone-number", number: "+14155550123", credentialId: trunk.id },
            { idempotencyKey: `number-${idempotencyKey}` }
          ),
        (row) => row.id
      )
      await step(
        "Bind it to the assistant",
        () => aywa.phoneNumbers.update(number.id, { assistantId: assistant.id }),
        (row) => `${row.number} -> ${row.assistantId === assistant.id ? "the assistant" : "?"}`
      )
      try {
        await aywa.assistants.delete(assistant.id)
      } catch (error) {
        if (!isRuntimeError(error) || error._tag !== "ConflictError") throw error
        say(`  ${"Delete it while a number is bound".padEnd(46)} refused: ${error.code} (${error.outcome})`)
      }
      await step(
        "Release the number",
        () => aywa.phoneNumbers.delete(number.id),
        () => "gone"
      )
    }

    await step(
      "Read the tool definitions",
      () => aywa.tools.list({ limit: 20 }),
      (page) => `${page.items.length} tools`
    )
    await step(
      "Update the assistant",
      () => aywa.assistants.update(assistant.id, { firstMessage: "Hello! How can I help?" }),
      (row) => `firstMessage: ${row.firstMessage}`
    )
    await step(
      "Delete it",
      () => aywa.assistants.delete(assistant.id),
      () => "gone"
    )
  } else {
    await step(
      "Read the phone numbers",
      () => aywa.phoneNumbers.list({ limit: 20 }),
      (page) => `${page.items.length} numbers`
    )
    await step(
      "Read the tool definitions",
      () => aywa.tools.list({ limit: 20 }),
      (page) => `${page.items.length} tools`
    )
  }
  say("\nDone. The same as an Effect program: packages/examples/src/quickstart-effect.ts")
} catch (error) {
  // Errors of the SDK say what happened and what to do next; anything else keeps its stack.
  console.error(isRuntimeError(error) ? `\n${error.message}` : error)
  process.exitCode = 1
} finally {
  await local?.close()
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
}
