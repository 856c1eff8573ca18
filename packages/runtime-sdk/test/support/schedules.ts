/** Seeded fault schedules: what happens to each attempt of one logical create. */
import type { LocalRuntimeHandle } from "@aywa-ai/runtime-local"

export type Step =
  | { readonly kind: "none" }
  | {
      readonly kind: "reset" | "close" | "stall" | "truncate" | "chunk-cut" | "html"
      readonly when: "before" | "after"
    }
  | {
      readonly kind: "status"
      readonly code: number
      readonly when: "before" | "after"
      readonly retryAfter: number | undefined
    }

export interface Schedule {
  readonly seed: number
  readonly steps: ReadonlyArray<Step>
  readonly key: "given" | "generated" | "none"
  readonly retries: number
}

/** Mulberry32: 32 bits of state are plenty for a schedule, and a seed is one number to copy. */
export const randomOf = (seed: number) => {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  return { next, pick: <A>(from: ReadonlyArray<A>): A => from[Math.floor(next() * from.length)] as A }
}

export const scheduleOf = (seed: number): Schedule => {
  const { next, pick } = randomOf(seed)
  const steps = Array.from({ length: 1 + Math.floor(next() * 5) }, (): Step => {
    const when = pick(["before", "after"] as const)
    switch (
      pick(["none", "reset", "close", "stall", "truncate", "chunk-cut", "html", "status", "status", "status"] as const)
    ) {
      case "none":
        return { kind: "none" }
      case "status":
        return { kind: "status", code: pick([429, 500, 502, 503]), when, retryAfter: pick([undefined, 0]) }
      case "truncate":
        return { kind: "truncate", when: "after" }
      case "chunk-cut":
        return { kind: "chunk-cut", when: "after" }
      case "reset":
        return { kind: "reset", when }
      case "close":
        return { kind: "close", when }
      case "html":
        return { kind: "html", when }
      case "stall":
        return { kind: "stall", when }
    }
  })
  return { seed, steps, key: pick(["given", "generated", "none"] as const), retries: Math.floor(next() * 5) }
}

/** Adds the rules of a schedule; they hit only the requests that carry its seed in their metadata. */
export const arm = (runtime: LocalRuntimeHandle, { seed, steps }: Schedule): ReadonlyArray<string> => {
  const clean = steps.findIndex((step) => step.kind === "none")
  return (clean === -1 ? steps : steps.slice(0, clean)).flatMap((step, attempt) => {
    if (step.kind === "none") return []
    const match = { bodyPath: `metadata.schedule=s${seed}.` }
    const action =
      step.kind === "status"
        ? { type: "status" as const, code: step.code, retryAfter: step.retryAfter }
        : step.kind === "html"
          ? { type: "html" as const, code: 502 }
          : { type: step.kind }
    // Attempts are counted by the rules themselves, so that a client without an attempt header meets the same faults.
    return [runtime.faults.add({ id: `${seed}-${attempt}`, match, action, when: step.when, times: 1 })]
  })
}
