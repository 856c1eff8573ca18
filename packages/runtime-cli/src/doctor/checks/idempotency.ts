/**
 * Whether the runtime keeps idempotency keys: what makes a retry safe. Writes, so only with `--write`.
 */
import { randomUUID } from "node:crypto"
import { answerText, isSuccess, type Probed } from "../probe.ts"
import { type Check, fail, ok, skip, warn } from "../types.ts"

const idOf = (answer: Probed): string | undefined => {
  const id: unknown = Reflect.get(Object(answer.json), "id")
  return isSuccess(answer) && typeof id === "string" ? id : undefined
}

const idempotency: Check = {
  id: "idempotency.honoured",
  meaning: "The same key twice makes one row: without that, a retry after a lost answer makes two.",
  needs: ["auth.key"],
  run: async ({ input, steady, signal }) => {
    if (!input.write) return skip("give --write: it creates an assistant and deletes it again")
    const key = `doctor-${randomUUID()}`
    const body = { name: `doctor ${key.slice(7, 15)}` }
    const create = async (body: unknown) => {
      signal.throwIfAborted()
      return steady("/assistant", { method: "POST", body, headers: { "idempotency-key": key } })
    }
    const ids = new Set<string>()
    try {
      const first = await create(body)
      const id = idOf(first)
      if (id === undefined) {
        return fail(
          `A create gets ${answerText(first)}.`,
          first.status === 403
            ? "This needs a key that may write."
            : `Look at the runtime's log; an assistant called ${body.name} may be left.`
        )
      }
      ids.add(id)
      const second = await create(body)
      const again = idOf(second)
      if (again !== undefined) ids.add(again)
      if (again !== id) {
        return fail(
          again === undefined ? `The same create again gets ${answerText(second)}.` : "The same key made a second row.",
          "Does a proxy take the header Idempotency-Key off? Until it is honoured, a lost answer may leave a second row."
        )
      }
      const other = await create({ name: `${body.name} b` })
      const stray = idOf(other)
      if (stray !== undefined) ids.add(stray)
      if (other.status === 422) return ok("the same key gives the same row, and refuses another body")
      return warn(
        `The key with another body gets ${answerText(other)}; expected is 422.`,
        "A key that is used for two things by mistake goes unnoticed."
      )
    } finally {
      for (const id of ids) await steady(`/assistant/${id}`, { method: "DELETE" })
    }
  }
}

/** The checks of this file. */
export const idempotencyChecks: ReadonlyArray<Check> = [idempotency]
