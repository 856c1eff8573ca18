/**
 * One runtime for a whole test run, an organization for each worker, and a snapshot to go back to before each test.
 *
 * @since 0.2.0
 */
import { startLocalRuntime } from "./LocalRuntime.ts"
import type { LocalRuntimeOptions } from "./options.ts"

/**
 * The runtime as one worker of a test run has it: an organization of its own.
 *
 * @since 0.2.0
 * @category models
 */
export interface TestRuntime {
  readonly baseUrl: string
  readonly apiKey: string
  readonly organizationId: string
  /** Copies what the organization has now, in place of the copy that was taken when the worker began. */
  readonly snapshot: () => Promise<void>
  /** Goes back to the copy: call it before each test. Other workers notice nothing. */
  readonly restore: () => Promise<void>
}

/** Where the global set-up leaves the address for the workers. */
const variable = "AYWA_TEST_RUNTIME"

interface Address {
  readonly baseUrl: string
  readonly controlToken: string
}

/**
 * Starts the runtime of a test run, and gives the function that stops it. The set-ups of vitest and jest do this.
 *
 * @since 0.2.0
 * @category constructors
 */
export const startTestRun = async (options: LocalRuntimeOptions = {}): Promise<() => Promise<void>> => {
  const { baseUrl, controlToken, close } = await startLocalRuntime({ webhookSchedule: "instant", ...options })
  process.env[variable] = JSON.stringify({ baseUrl, controlToken } satisfies Address)
  return async () => {
    delete process.env[variable]
    await close()
  }
}

let mine: Promise<TestRuntime> | undefined

/**
 * The runtime of this worker, made on the first call. Rejects where no global set-up has started one.
 *
 * @since 0.2.0
 * @category constructors
 */
export const testRuntime = (): Promise<TestRuntime> => (mine ??= joinTestRun(workerOf(process.env)))

/** A worker's share of the runtime of a test run, by the name of the worker. */
export const joinTestRun = async (worker: string): Promise<TestRuntime> => {
  const text = process.env[variable]
  if (text === undefined) {
    throw new Error(
      "No runtime was started for this test run: name @aywa-ai/runtime-local/vitest (or /jest) as globalSetup"
    )
  }
  const address = JSON.parse(text) as Address // Written above.
  const organization = `test_${worker}`
  const { key } = await order<{ key: string }>(address, "keys", { organization })
  const snapshot = async () => void (await order(address, "snapshot", { name: organization, organization }))
  await snapshot()
  return {
    baseUrl: address.baseUrl,
    apiKey: key,
    organizationId: organization,
    snapshot,
    restore: async () => void (await order(address, "restore", { name: organization }))
  }
}

const workerOf = (env: NodeJS.ProcessEnv): string =>
  env["VITEST_POOL_ID"] ?? env["JEST_WORKER_ID"] ?? String(process.pid)

const order = async <A>({ baseUrl, controlToken }: Address, path: string, body: unknown): Promise<A> => {
  const response = await fetch(`${baseUrl}/__aywa/${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${controlToken}`, "content-type": "application/json" },
    body: JSON.stringify(body)
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`The runtime of this test run refused ${path}: ${text}`)
  return JSON.parse(text) as A // Each caller names what its route answers.
}
