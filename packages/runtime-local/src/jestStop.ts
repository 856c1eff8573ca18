/**
 * What jest's set-up leaves for its teardown: both run in one process, each as a module of its own.
 */

/** How to stop the runtime. */
interface StopSlot {
  stop: (() => Promise<void>) | undefined
}

// TypeScript knows no property under a symbol of somebody else.
const slots = globalThis as typeof globalThis & Record<symbol, StopSlot | undefined>

const name = Symbol.for("@aywa-ai/runtime-local/jest")

/** The one slot of this process, however often this module is loaded. */
export const stopSlot: StopSlot = (slots[name] ??= { stop: undefined })
