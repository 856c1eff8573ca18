/** What is under way may be printed, compared and written as JSON, and shows nothing of what is sent. */
import { inspect } from "node:util"
import { assert, it, onTestFinished } from "vitest"
import { AywaRuntimeClient } from "../../src/index.ts"
import { serve, tagOf } from "../support/server.ts"

const key = "printed-key-4711"
const header = "printed-header-4711"
const secret = "printed-body-4711"

/** As deep as anybody looks, hidden fields included. */
const shown = (value: unknown): string =>
  `${inspect(value, { depth: 20, showHidden: true })} ${String(JSON.stringify(value))} ${JSON.stringify({ ...Object(value) })}`

it("promises of calls, in flight, aborted and settled", async () => {
  const server = await serve(() => undefined)
  const aywa = new AywaRuntimeClient({
    baseUrl: server.baseUrl,
    apiKey: key,
    headers: { "x-gateway-token": header },
    retries: 0
  })
  onTestFinished(async () => {
    await aywa[Symbol.asyncDispose]()
    await server[Symbol.asyncDispose]()
  })
  const abort = new AbortController()
  const options = { signal: abort.signal }
  const promises: ReadonlyArray<Promise<unknown>> = [
    aywa.assistants.get("a", options),
    aywa.assistants.create({ name: "x", metadata: { password: secret } }, options),
    aywa.assistants.list({ limit: 20 }, options),
    aywa.calls.waitUntilEnded("c", options),
    aywa.files.upload({ file: Buffer.from(secret) }, options),
    aywa.files.content("f", options),
    aywa.request({ method: "POST", path: "/other", body: { password: secret }, ...options })
  ]
  const stream = aywa.files.contentStream("f", options)
  const reading = tagOf(stream[Symbol.asyncIterator]().next())
  const look = (when: string) => {
    for (const [at, promise] of [...promises, stream].entries()) {
      const text = shown(promise)
      for (const one of [key, header, secret]) assert.notInclude(text, one, `${when}, promise ${at}`)
    }
  }
  look("at once")
  while (server.seen.length < 6) await new Promise((resolve) => setTimeout(resolve, 5))
  look("in flight")
  abort.abort()
  await Promise.all([...promises.map(tagOf), reading])
  look("aborted")
})
