/**
 * Runs one snippet, `execute.ts FILE [ended]`: evaluates the module, then runs what it exports and nothing has run yet,
 * an Effect or a Layer. A function cannot be run from here; somebody has to say how it is called.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

const [file = "", ended] = process.argv.slice(2)
const exported: Record<string, unknown> = await import(file)
if (ended !== "ended") {
  for (const [name, value] of Object.entries(exported)) {
    if (Effect.isEffect(value)) await Effect.runPromise(value as Effect.Effect<unknown, unknown>)
    else if (Layer.isLayer(value)) {
      await Effect.runPromise(Effect.scoped(Layer.build(value as Layer.Layer<unknown, unknown>)))
    } else if (typeof value === "function") {
      throw new Error(`Nothing calls \`${name}\`. Say in scripts/snippets/endings.ts how it is called.`)
    }
  }
}
// A server that the snippet started would go on.
process.exit()
