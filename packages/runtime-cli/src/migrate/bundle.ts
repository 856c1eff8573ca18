/**
 * `migrate export`, `check`, `plan`, `import` and `compare`: the account.
 */
import {
  type AcceptedDifference,
  type AccountReport,
  type Bundle,
  type BundleReport,
  checkBundle,
  type CallsReport,
  compareAccounts,
  fetchBundle,
  fetchCalls,
  fetchFiles,
  type FileReport,
  type ImportPlan,
  type ImportReport,
  planImport,
  readBundle,
  runImport,
  setServerUrls,
  uploadFiles
} from "@aywa-ai/runtime-migration"
import { exitCodes, usage } from "../core/failure.ts"
import { parse, readBody, readText } from "../core/input.ts"
import type { Output } from "../core/output.ts"
import { makeProgress } from "../core/progress.ts"
import type { Session } from "../core/session.ts"
import { cell, table } from "../core/table.ts"
import { readMappings } from "./inputs.ts"

/** The variable that has the key of the source account. */
const sourceKey = "SOURCE_API_KEY"

const width = () => process.stdout.columns ?? 160

/** What `migrate export` takes. */
interface ExportInput {
  readonly from: string
  readonly output: string
  readonly rate: number | undefined
  readonly files: boolean
  readonly calls: boolean
  readonly recordings: boolean
  readonly since: string | undefined
}

/** Reads an account from the source API into a folder. Exit code 1 where contents are missing. */
export const exportBundle = async (input: ExportInput, session: Session): Promise<number> => {
  const { out, settings, signal } = session
  const key = settings.variable(sourceKey)
  if (key === undefined) throw usage("There is no key of the source account.", `Set ${sourceKey}.`)
  const source = { baseUrl: input.from, apiKey: key.value, requestsPerSecond: input.rate, signal }
  let rows = 0
  const bundle = await fetchBundle({
    ...source,
    folder: input.output,
    onPage: (page) => {
      rows += page.rows
      out.status(`${page.kind}: ${rows} rows …`)
    }
  })
  const counts = Object.fromEntries(Object.entries(bundle).map(([name, list]) => [name, list.length]))
  const files = input.files
    ? await fetchFiles(bundle, {
        ...source,
        folder: input.output,
        onFile: ({ sourceId }) => out.status(`file ${sourceId} …`)
      })
    : undefined
  const calls = input.calls
    ? await fetchCalls({
        ...source,
        folder: input.output,
        since: input.since,
        recordings: input.recordings,
        onProgress: (progress) => out.status(`${progress.calls} calls, ${progress.contents} contents …`)
      })
    : undefined
  out.status(undefined)
  out.result({ folder: input.output, counts, ...(files && { files }), ...(calls && { calls }) }, () =>
    [
      `${input.output}: ${countsText(counts)}`,
      ...(files === undefined ? [] : filesText(files)),
      ...(calls === undefined ? [] : callsText(calls))
    ].join("\n")
  )
  return files?.ok === false || calls?.ok === false ? exitCodes.differences : exitCodes.ok
}

const filesText = ({ files }: FileReport): ReadonlyArray<string> => {
  const counts: Record<string, number> = {}
  for (const { action } of files) counts[action] = (counts[action] ?? 0) + 1
  return [
    `files: ${countsText(counts) || "none"}`,
    ...files
      .filter(({ action }) => action === "missing" || action === "failed")
      .map(({ sourceId, action, detail = "" }) => `- file ${sourceId}, ${action}: ${cell(detail)}`)
  ]
}

const callsText = ({
  calls,
  added,
  open,
  transcripts,
  recordings,
  gone,
  failed
}: CallsReport): ReadonlyArray<string> => [
  `calls: ${calls}, ${added} of them new, with ${transcripts} transcripts and ${recordings} recordings`,
  ...(open === 0 ? [] : [`${open} calls have not ended: run it again for those.`]),
  ...gone.map(({ callId, path, detail }) => `- ${callId} ${path} is gone at the source: ${detail}`),
  ...failed.map(({ callId, path, detail }) => `- ${callId} ${path}: ${detail}; run it again`)
]

/** Uploads the contents of files that were exported. Exit code 1 where one is not there, by its digest. */
export const files = async (
  input: BundleInput & { readonly source: string | undefined; readonly mapping: string },
  session: Session
): Promise<number> => {
  const { out, signal } = session
  const bundle = readBundle(input.bundle)
  const client = await session.client()
  const report = await uploadFiles(client, bundle, {
    folder: input.bundle,
    ledger: input.mapping,
    source: input.source,
    signal,
    onFile: ({ sourceId }) => out.status(`file ${sourceId} …`)
  })
  out.status(undefined)
  out.result(report, () => filesText(report).join("\n"))
  return report.ok ? exitCodes.ok : exitCodes.differences
}

const countsText = (counts: Readonly<Record<string, number>>) =>
  Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${count} ${name}`)
    .join(", ")

interface BundleInput {
  readonly bundle: string
}

/** What reads a bundle that goes to the runtime. */
interface MovedInput extends BundleInput {
  readonly source: string | undefined
  readonly setServerUrl: ReadonlyArray<string>
}

/** The bundle, with the webhook addresses that it is to have. */
const readMoved = ({ bundle, setServerUrl }: MovedInput): Bundle => {
  const changes = setServerUrl.map((change) => {
    // An address may have an equals sign of its own: what follows the right one is an address.
    const [, old, next] = /^(.+?)=((?:https?|wss?):\/\/.+)$/i.exec(change) ?? []
    if (old === undefined || next === undefined) {
      throw usage(`--set-server-url ${change} is not OLD=NEW.`, "Both are addresses: https://old.test=https://new.test")
    }
    return [old, next] as const
  })
  const read = readBundle(bundle)
  return changes.length === 0 ? read : setServerUrls(read, Object.fromEntries(changes))
}

/** Checks a bundle. Exit code 1 with errors. */
export const check = async (input: BundleInput, { out }: Session): Promise<number> => {
  const report = checkBundle(readBundle(input.bundle))
  out.result(report, () => reportText(report, out))
  return report.errors === 0 ? exitCodes.ok : exitCodes.differences
}

const levels = { error: "red", warning: "yellow", info: "dim" } as const

const reportText = (report: BundleReport, { paint }: Output): string =>
  [
    ...report.findings.map(({ level, resource, sourceId, what, supply }) => {
      const next = supply === undefined ? "" : ` Supply ${supply}.`
      return `${paint(levels[level], level.padEnd(7))}  ${resource} ${sourceId}: ${cell(what)}.${next}`
    }),
    `${countsText(report.counts)}: ${report.errors} errors, ${report.warnings} warnings`
  ].join("\n")

/** What an import would do. */
export const plan = async (input: MovedInput, session: Session): Promise<void> => {
  const { out, signal } = session
  const client = await session.client()
  out.status("Comparing with the runtime …")
  const importPlan = await planImport(client, readMoved(input), { source: input.source, signal })
  out.status(undefined)
  out.result(importPlan, () => rowsText(importPlan, out))
}

const rowsText = ({ rows, counts }: Pick<ImportPlan, "rows" | "counts">, { paint }: Output): string =>
  [
    table(
      ["ACTION", "RESOURCE", "SOURCE ID", "RUNTIME ID", "NOTES"].map((title) => ({ title })),
      rows.map(({ action, resource, sourceId, runtimeId, changes, warnings }) => [
        action,
        resource,
        sourceId,
        runtimeId ?? "-",
        cell([...(changes === undefined ? [] : [`changes ${changes.join(", ")}`]), ...warnings].join("; "))
      ]),
      { paint, width: width() }
    ),
    countsText({ ...counts })
  ].join("\n")

/** Imports a bundle. Exit code 1 when the runtime refused a row or fields of one. */
export const runBundle = async (
  input: MovedInput & {
    readonly mapping: string | undefined
    readonly secrets: string | undefined
    readonly batch: number | undefined
    readonly recreate: boolean
  },
  session: Session
): Promise<number> => {
  const { out, signal } = session
  const bundle = readMoved(input)
  const secrets = input.secrets === undefined ? undefined : ((await readBody(input.secrets, [])) as Secrets)
  const client = await session.client()
  const progress = makeProgress(out)
  const report = await runImport(client, bundle, {
    source: input.source,
    ledger: input.mapping,
    batch: input.batch,
    secrets,
    recreate: input.recreate,
    signal,
    onEvent: (event) => {
      if (event.type === "sent") progress("rows", event.rows, event.of)
      if (event.type === "row") progress(`rows, pass ${event.pass}`, event.done, event.of)
    }
  })
  out.status(undefined)
  out.result(report, () => [rowsText(report, out), ...report.warnings, ...refusedText(report)].join("\n"))
  return report.refused.length === 0 ? exitCodes.ok : exitCodes.differences
}

const refusedText = ({ refused }: ImportReport): ReadonlyArray<string> =>
  refused.length === 0
    ? []
    : [
        "The runtime refused:",
        ...refused.map(({ resource, sourceId, fields, reason }) => {
          const what = fields.length === 0 ? "the row" : fields.join(", ")
          return `- ${resource} ${sourceId}, ${what}: ${cell(reason)}`
        }),
        "Change those in the bundle and import it again: what is there is not made twice."
      ]

/** As `runImport` takes them; a value that is no object of fields is refused by the runtime's own check. */
type Secrets = Readonly<Record<string, Readonly<Record<string, unknown>>>>

/** Compares account and runtime. Exit code 1 when they differ in what is not accepted. */
export const compare = async (
  input: MovedInput & { readonly mapping: string; readonly accept: string | undefined },
  session: Session
): Promise<number> => {
  const { out, signal } = session
  const bundle = readMoved(input)
  const mappings = await readMappings(input.mapping)
  const accept = input.accept === undefined ? [] : await readAccepted(input.accept)
  const client = await session.client()
  const report = await compareAccounts(client, bundle, { mappings, source: input.source, accept, signal })
  out.result(report, () => compareText(report, out))
  return report.ok ? exitCodes.ok : exitCodes.differences
}

/** Differences that are meant: a list of them, or what an earlier `migrate compare --json` printed. */
const readAccepted = async (file: string): Promise<ReadonlyArray<AcceptedDifference>> => {
  const json = await parse(await readText(file), file)
  const checks: unknown = Reflect.get(Object(json), "checks")
  const list: unknown = Array.isArray(checks)
    ? checks.flatMap((check) => ["differences", "accepted"].flatMap((name) => Reflect.get(Object(check), name) ?? []))
    : json
  if (!Array.isArray(list)) {
    throw usage(
      `${file} has no differences.`,
      "It is a list of { resource, sourceId, path }, or what compare --json prints."
    )
  }
  // Each entry is checked by the comparison, which names it.
  return list
}

const compareText = (report: AccountReport, { paint }: Output): string =>
  [
    ...report.checks.flatMap(({ id, ok, compared, differences, accepted }) => [
      `${ok ? paint("green", "ok  ") : paint("red", "FAIL")}  ${id.padEnd(17)}  ${compared} compared${
        accepted.length === 0 ? "" : `, ${accepted.length} differences accepted`
      }`,
      ...differences.map(
        ({ resource, sourceId, path, message }) =>
          `      ${resource} ${sourceId}${path === "" ? "" : ` ${path}`}: ${cell(message)}`
      )
    ]),
    ...report.unused.map(
      ({ resource = "", sourceId = "", path = "" }) =>
        `${paint("yellow", "note")}  accepted, and no difference any more: ${[resource, sourceId, path].join(" ").trim()}`
    )
  ].join("\n")
