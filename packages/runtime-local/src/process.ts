/**
 * What the process does, once `bin.ts` has found Node new enough.
 *
 * One line of JSON on stdout says that it is ready, and where; everything else goes to stderr.
 */
import { explain, help, messageOf, readOptions } from "./commandLine.ts"
import { startLocalRuntime } from "./LocalRuntime.ts"
import type { LocalRuntimeOptions } from "./options.ts"
import { watchOutput } from "./standardStreams.ts"

const fail = (message: string, code: number) => {
  process.stderr.write(`${message}\n`)
  process.exitCode = code
}

/** Fires when nobody can read where the runtime is. */
const unread = new AbortController()

watchOutput({
  // Without a log the runtime goes on.
  onReaderGone: (stream) => (stream === "stdout" ? unread.abort() : undefined),
  onFailure: ({ stream, code }) => {
    process.exitCode = 1
    if (stream === "stderr") return
    fail(`stdout could not be written whole (${code}): check the space on the disk and the limit on file sizes`, 1)
    unread.abort()
  }
})

const run = async (options: LocalRuntimeOptions) => {
  const runtime = await startLocalRuntime(options)
  // Once: a second signal ends the process as signals do.
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void runtime.close())
  unread.signal.addEventListener("abort", () => void runtime.close())
  const { baseUrl, publicUrl, apiKey, organizationId, controlToken, webhookSecret, inspectorUrl } = runtime
  const { pid } = process
  process.stdout.write(
    `${JSON.stringify({ baseUrl, publicUrl, apiKey, organizationId, controlToken, webhookSecret, inspectorUrl, pid })}\n`
  )
}

const main = async () => {
  let options: LocalRuntimeOptions | undefined
  try {
    options = readOptions(process.argv.slice(2))
  } catch (error) {
    return fail(`${messageOf(error)}\n\n${help}`, 2)
  }
  if (options === undefined) {
    process.stdout.write(help)
    return
  }
  try {
    await run(options)
  } catch (error) {
    fail(explain(error, options), 1)
  }
}

await main()
