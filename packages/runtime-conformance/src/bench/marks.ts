/**
 * How rows of a run are known again: by their name, and by a mark beside it. Only what has both is ever removed.
 */
import { at, type Json, textAt } from "../model/json.ts"

/** A resource whose rows a run may make, by the path of its list, in the order in which they are removed. */
export const removable = [
  "/call",
  "/webhook-endpoint",
  "/phone-number",
  "/structured-output",
  "/assistant",
  "/tool",
  "/credential",
  "/file"
] as const

/** The path of such a list. */
export type RowPath = (typeof removable)[number]

const prefix = "aywa-conformance-"

/** The name of a row: at most 40 characters, with up to 12 of its own. */
export const nameOf = (run: string, label: string): string => `${prefix}${run}-${label}`

const metadata = (run: string) => ({ aywaConformance: run })

/** Reserved for documentation: nobody has it. */
const nowhere = "192.0.2.1"

const callHeader = (run: string) => `x-aywa-conformance-${run}`

/** The least body of a new row, with name and mark. */
export const bodies: Readonly<Record<RowPath, (run: string, label: string) => Json>> = {
  "/assistant": (run, label) => ({ name: nameOf(run, label), metadata: metadata(run) }),
  "/tool": (run, label) => ({
    type: "function",
    function: { name: nameOf(run, label), description: `aywaConformance: ${run}` }
  }),
  "/credential": (run, label) => ({
    provider: "webhook",
    name: nameOf(run, label),
    authenticationPlan: { type: "bearer", token: `canary-${run}-${label}`, headerName: callHeader(run) }
  }),
  "/webhook-endpoint": (run, label) => ({
    url: `http://${nowhere}/${nameOf(run, label)}?aywaConformance=${run}`,
    scope: "account",
    events: [],
    enabled: false
  }),
  "/structured-output": (run, label) => ({
    name: nameOf(run, label),
    description: `aywaConformance: ${run}`,
    schema: { type: "object", properties: { done: { type: "boolean" } } }
  }),
  "/phone-number": (run, label) => ({
    provider: "byo-phone-number",
    name: nameOf(run, label),
    number: `+999${digits(run + label)}`
  }),
  "/file": (run, label) => ({ name: nameOf(run, label), metadata: metadata(run) }),
  "/call": (run, label) => ({
    assistant: { name: nameOf(run, label), metadata: metadata(run) },
    assistantOverrides: { name: nameOf(run, label), metadata: metadata(run) }
  })
}

/** +999 is no country's: a number below it cannot be called. */
const digits = (text: string): string => {
  let sum = 7
  for (const letter of text) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 90_000_000
  return String(10_000_000 + sum)
}

const names: Readonly<Record<RowPath, (row: Json) => string | undefined>> = {
  "/assistant": (row) => textAt(row, "name"),
  "/tool": (row) => textAt(row, "function", "name"),
  "/credential": (row) => textAt(row, "name"),
  "/webhook-endpoint": (row) =>
    textAt(row, "url")
      ?.split("?")[0]
      ?.split("/")
      .find((part) => part.startsWith(prefix)),
  "/structured-output": (row) => textAt(row, "name"),
  "/phone-number": (row) => textAt(row, "name"),
  "/file": (row) => textAt(row, "name"),
  "/call": (row) => textAt(row, "assistantOverrides", "name")
}

const marks: Readonly<Record<RowPath, (row: Json, run: string) => boolean>> = {
  "/assistant": (row, run) => at(row, "metadata", "aywaConformance") === run,
  "/tool": (row, run) => textAt(row, "function", "description") === `aywaConformance: ${run}`,
  "/credential": (row, run) =>
    textAt(row, "authenticationPlan", "headerName") === callHeader(run) || firstGateway(row) === nowhere,
  "/webhook-endpoint": (row, run) => textAt(row, "url")?.endsWith(`?aywaConformance=${run}`) === true,
  "/structured-output": (row, run) => textAt(row, "description") === `aywaConformance: ${run}`,
  "/phone-number": (row) => textAt(row, "number")?.startsWith("+999") === true,
  "/file": (row, run) => at(row, "metadata", "aywaConformance") === run,
  "/call": (row, run) => at(row, "assistantOverrides", "metadata", "aywaConformance") === run
}

const firstGateway = ({ gateways }: Json): unknown => (Array.isArray(gateways) ? at(gateways[0], "ip") : undefined)

/** A SIP trunk that leads nowhere, for numbers. */
export const trunk = (run: string, label: string): Json => ({
  provider: "byo-sip-trunk",
  name: nameOf(run, label),
  authenticationPlan: undefined,
  gateways: [{ ip: nowhere, inboundEnabled: false }]
})

/** The run that made a row; undefined for a row that is not ours, or not surely. */
export const runOf = (path: RowPath, row: Json): string | undefined => {
  const run = /^aywa-conformance-([a-z0-9]{8})-/.exec(names[path](row) ?? "")?.[1]
  return run !== undefined && marks[path](row, run) ? run : undefined
}

/** A row's name, for people. */
export const shownName = (path: RowPath, row: Json): string => names[path](row) ?? "?"
