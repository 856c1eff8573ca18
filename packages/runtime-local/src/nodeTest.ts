/**
 * A runtime for the tests of one file of `node:test`: it begins before them, each test starts from the same rows, and it
 * ends after them.
 *
 * @since 0.2.0
 */
import { after, before, beforeEach } from "node:test"
import { startLocalRuntime } from "./LocalRuntime.ts"
import type { LocalRuntimeOptions } from "./options.ts"
import type { LocalRuntimeHandle } from "./runtimeHandle.ts"

/**
 * Registers the hooks; `prepare` makes the rows that each test starts from. The runtime is there inside of tests.
 *
 * @since 0.2.0
 * @category constructors
 */
export const useRuntime = (
  options: LocalRuntimeOptions = {},
  prepare: (runtime: LocalRuntimeHandle) => Promise<void> | void = () => {}
): (() => LocalRuntimeHandle) => {
  let runtime: LocalRuntimeHandle | undefined
  before(async () => {
    runtime = await startLocalRuntime(options)
    await prepare(runtime)
    runtime.snapshot()
  })
  beforeEach(() => void runtime?.restore())
  after(() => runtime?.close())
  return () => {
    if (runtime === undefined) throw new Error("The runtime is there inside of tests: call this in one")
    return runtime
  }
}
