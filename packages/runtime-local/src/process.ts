/**
 * The runtime as a process of its own: `node src/bin.ts --port 4010 --db ./runtime.sqlite`.
 *
 * One line of JSON on stdout says that it is ready, and where; everything else goes to stderr.
 */
import { explain, help, messageOf, readOptions } from "./commandLine.ts"
import { startLocalRuntime } from "./LocalRuntime.ts"
import type { LocalRuntimeOptions } from "./options.ts"

const fail = (message: string, code: number) => {
  process.stderr.write(`${message}\n`)
  process.exitCode = code
}

const run = async (options: LocalRuntimeOptions) => {
  const runtime = await startLocalRuntime(options)
  // Once: a second signal ends the process as signals do.
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void runtime.close())
  const { baseUrl, apiKey, organizationId, controlToken, webhookSecret } = runtime
  const { pid } = process
  process.stdout.write(`${JSON.stringify({ baseUrl, apiKey, organizationId, controlToken, webhookSecret, pid })}\n`)
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
