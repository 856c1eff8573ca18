/**
 * Starts a runtime and gives a handle on it.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { LocalRuntimeOptions } from "./options.ts"
import type { LocalRuntimeHandle } from "./runtimeHandle.ts"
import { start } from "./wiring.ts"

/**
 * Starts a runtime on a loopback port. Close it with `await using`, or with `close()`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const startLocalRuntime = (options: LocalRuntimeOptions = {}): Promise<LocalRuntimeHandle> => start(options)

/**
 * The runtime as a service of an Effect program: it lives as long as the layer's scope.
 *
 * @since 0.1.0
 * @category services
 */
export class LocalRuntime extends Context.Service<LocalRuntime, LocalRuntimeHandle>()(
  "@aywa-ai/runtime-local/LocalRuntime"
) {
  /** Starts a runtime. A port that is taken is a defect: ask for port 0. */
  static readonly layer = (options: LocalRuntimeOptions = {}): Layer.Layer<LocalRuntime> =>
    Layer.effect(
      LocalRuntime,
      Effect.acquireRelease(
        Effect.promise(() => startLocalRuntime(options)),
        (runtime) => Effect.promise(() => runtime.close())
      )
    )
}
