/**
 * A person's word before somebody is called, or before a call under way is changed.
 */
import { McpFailure } from "../errors/McpFailure.ts"
import { quote } from "../guard/confirm.ts"
import { type Entry, entryOf } from "../operations/table.ts"
import { type Request, send } from "./send.ts"
import type { Desk, Invocation } from "./tool.ts"

const inner = (value: unknown, ...path: ReadonlyArray<string>): unknown => {
  let at = value
  for (const key of path) at = typeof at === "object" && at !== null ? Reflect.get(at, key) : undefined
  return at
}

/** The name of the assistant, as it stands on the runtime: the number alone says little. */
const speaker = async (desk: Desk, body: Request["body"], signal: AbortSignal): Promise<string> => {
  const id = inner(body, "assistantId")
  if (typeof id !== "string") return quote(inner(body, "assistant", "name") ?? "an assistant of the body")
  const { value } = await send(desk, entryOf("assistants.get"), { id }, signal)
  return `${quote(inner(value, "name"))} (${id})`
}

/** A number as it is dialled; the person who confirms has to see it whole. */
const dialled = (value: unknown): string =>
  typeof value === "string" ? quote(value) : "a customer of the runtime's own list"

const question = async (desk: Desk, { method }: Entry, { id, body }: Request, signal: AbortSignal): Promise<string> => {
  if (method === "control") {
    const target = inner(body, "destination", "number") ?? inner(body, "destination", "sipUri")
    return `Act on call ${quote(id)}: ${quote(inner(body, "type"))}${typeof target === "string" ? `, to ${dialled(target)}` : ""}?`
  }
  const who = await speaker(desk, body, signal)
  if (method === "createWeb") return `Start a web call with assistant ${who}?`
  const customers = inner(body, "customers")
  const numbers = Array.isArray(customers)
    ? `${customers.length} numbers: ${customers
        .slice(0, 20)
        .map((each) => dialled(inner(each, "number") ?? inner(each, "sipUri")))
        .join(", ")}${customers.length > 20 ? " and more" : ""}`
    : dialled(inner(body, "customer", "number") ?? inner(body, "customer", "sipUri"))
  return `Call ${numbers} with assistant ${who}?`
}

/** Asks; throws unless it may go on. */
export const confirmCall = async (
  desk: Desk,
  entry: Entry,
  request: Request,
  { signal, confirm }: Invocation
): Promise<void> => {
  const answer = await confirm(await question(desk, entry, request, signal))
  if (answer === "accepted" || (answer === "unable" && desk.options.yes === true)) return
  if (answer === "declined") {
    throw new McpFailure(
      "declined",
      "The person said no. Nothing was sent.",
      "Do not ask again unless you are told to."
    )
  }
  throw new McpFailure(
    "cannot_confirm",
    "A call needs a person's confirmation, and this client cannot ask for one. Nothing was sent.",
    "Your user decides that: the server is started with --yes to place calls without a confirmation."
  )
}
