/**
 * The ways in which one program holds the same layer for two tenants. Each way gives what every question was answered
 * with, in order: all of them must be the tenant that it was asked of.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as LayerMap from "effect/LayerMap"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Option from "effect/Option"

/** The two tenants of every case. */
export type Tenant = "a" | "b"

/** Asks `a` and `b` in one way, and gives what they were answered: `["a", "b", …]` when nothing is shared. */
export type Mode = Effect.Effect<ReadonlyArray<string>, unknown>

/** An export, seen for two tenants. */
export interface Case {
  readonly modes: Readonly<Record<string, Mode>>
  /** What a mode must give. */
  readonly expected: (mode: string) => ReadonlyArray<string>
}

const expected = (mode: string): ReadonlyArray<string> =>
  mode === "LayerMap" ? ["a", "b", "a", "b"] : mode.startsWith("nested") ? ["a", "b", "a"] : ["a", "b"]

/**
 * A layer that is called anew for each tenant. `ask` says which tenant answers.
 *
 * What a call needs beside its options is given by `layer`, too: a store, a configuration, a client.
 */
export const perTenant = <S, E>(
  layer: (tenant: Tenant) => Layer.Layer<S, E>,
  ask: Effect.Effect<string, unknown, S>
): Case => ({
  expected,
  modes: {
    "one merge": merged(layer, ask),
    nested: nested(layer, ask),
    "two runtimes over one memo map": twoRuntimes(layer, ask),
    LayerMap: mapped(layer, ask)
  }
})

/**
 * A layer over something that the program provides, which differs between the tenants. Beside a call for each, one
 * value of it is put over both.
 */
export const overProvided = <S, E, R, E2>(
  layer: (tenant: Tenant) => Layer.Layer<S, E, R>,
  provided: (tenant: Tenant) => Layer.Layer<R, E2>,
  ask: Effect.Effect<string, unknown, S>,
  /** The value that is put over both; of `a` by default. */
  held: Layer.Layer<S, E, R> = layer("a")
): Case => {
  const anew = perTenant((tenant) => Layer.provide(layer(tenant), provided(tenant)), ask)
  const one = (tenant: Tenant) => Layer.provide(held, provided(tenant))
  return {
    expected,
    modes: {
      ...anew.modes,
      "one merge, one value": merged(one, ask),
      "nested, one value": nested(one, ask)
    }
  }
}

type LayerOf<S, E> = (tenant: Tenant) => Layer.Layer<S, E>

const merged = <S, E>(layer: LayerOf<S, E>, ask: Effect.Effect<string, unknown, S>): Mode =>
  Effect.gen(function* () {
    const answers = new Map<Tenant, string>()
    const asked = (tenant: Tenant) =>
      Layer.effectDiscard(Effect.map(ask, (answer) => void answers.set(tenant, answer))).pipe(
        Layer.provide(layer(tenant))
      )
    yield* Effect.scoped(Layer.build(Layer.merge(asked("a"), asked("b"))))
    return [answers.get("a") ?? "", answers.get("b") ?? ""]
  })

const nested = <S, E>(layer: LayerOf<S, E>, ask: Effect.Effect<string, unknown, S>): Mode =>
  Effect.provide(
    Effect.gen(function* () {
      const outer = yield* ask
      const inner = yield* Effect.provide(ask, layer("b"))
      return [outer, inner, yield* ask]
    }),
    layer("a")
  )

const twoRuntimes = <S, E>(layer: LayerOf<S, E>, ask: Effect.Effect<string, unknown, S>): Mode =>
  Effect.promise(async () => {
    const memoMap = Layer.makeMemoMapUnsafe()
    await using a = disposable(ManagedRuntime.make(layer("a"), { memoMap }))
    await using b = disposable(ManagedRuntime.make(layer("b"), { memoMap }))
    return [await a.runtime.runPromise(ask), await b.runtime.runPromise(ask)]
  })

const disposable = <S, E>(runtime: ManagedRuntime.ManagedRuntime<S, E>) => ({
  runtime,
  [Symbol.asyncDispose]: () => runtime.dispose()
})

/** Twice each: the second time after the first entry's time to live. */
const mapped = <S, E>(layer: LayerOf<S, E>, ask: Effect.Effect<string, unknown, S>): Mode =>
  Effect.scoped(
    Effect.gen(function* () {
      const map = yield* LayerMap.make(layer, { idleTimeToLive: "5 millis" })
      // The first is still held when the second one is made.
      const both = Effect.provide(
        Effect.gen(function* () {
          return [yield* ask, yield* Effect.provide(ask, map.get("b"))]
        }),
        map.get("a")
      )
      const first = yield* both
      yield* gone(map, "a")
      yield* gone(map, "b")
      return [...first, ...(yield* both)]
    })
  )

const gone = <S, E>(map: LayerMap.LayerMap<Tenant, S, E>, tenant: Tenant): Effect.Effect<void, unknown> =>
  Effect.gen(function* () {
    for (let i = 0; i < 1000; i++) {
      if (Option.isNone(yield* Effect.scoped(map.contextEffectOption(tenant)))) return
      yield* Effect.sleep(10)
    }
    return yield* Effect.die(new Error("the entry outlives its time"))
  })
