/** What findings mean for the SDK: what it can rely on, and the profile that tells it so. */
import type { ListProfile, RuntimeProfile } from "@aywa-ai/runtime-sdk"
import type { Run } from "../bench/Bench.ts"
import type { CaseId } from "../cases/table.ts"
import type { Status } from "../model/Case.ts"
import { shapeOf } from "../model/json.ts"
import type { Capability, CaseResult } from "../model/Report.ts"
import { listPaths } from "../cases/lists.ts"

type Verdict = Capability["verdict"]

/** What the findings of some cases come to: one that fails is enough; passes count when all are there. */
const verdictOf = (results: ReadonlyArray<CaseResult>, ids: ReadonlyArray<CaseId>): Verdict => {
  const statuses = ids.map((id): Status => results.find((one) => one.id === id)?.status ?? "skip")
  if (statuses.includes("fail")) return "unsafe"
  return statuses.every((status) => status === "pass") ? "safe" : "unknown"
}

const failed = (results: ReadonlyArray<CaseResult>, ids: ReadonlyArray<CaseId>): string =>
  results
    .filter(({ id, status }) => status === "fail" && ids.some((one) => one === id))
    .map(({ id }) => id)
    .join(", ")

interface Rule {
  readonly name: Capability["name"]
  readonly ids: ReadonlyArray<CaseId>
  readonly details: Readonly<Record<Verdict, string>>
}

const keys: ReadonlyArray<CaseId> = ["idempotency.same-key", "idempotency.at-once", "idempotency.lost-answer"]

const rules: ReadonlyArray<Rule> = [
  {
    name: "retries of creates",
    ids: keys,
    details: {
      safe: "a create that is repeated with its key makes one row.",
      unsafe:
        "UNSAFE: a repeated create makes a second row. Give the client this profile, or construct it with retries: 0 for creates.",
      unknown: "not looked at: it needs --write. The SDK takes keys to be honoured."
    }
  },
  {
    name: "pagination",
    ids: ["lists.walk", "lists.walk-inserting", "lists.instant", "lists.created-le", "lists.newest"],
    details: {
      safe: "complete: a walk meets every row once.",
      unsafe:
        "a walk may miss rows, such as those that share a millisecond. Ask for more rows at once, and give the client this profile.",
      unknown: "not looked at whole: it needs --write."
    }
  },
  {
    name: "config push",
    ids: ["rows.etag", "rows.if-match", "rows.if-match-holds"],
    details: {
      safe: "If-Match guards every write.",
      unsafe: "weak guard: a change in the very moment of a write is not noticed. Push from one place.",
      unknown: "not looked at: it needs --write."
    }
  },
  {
    name: "webhooks",
    ids: ["webhooks.signature", "webhooks.fresh", "webhooks.same-id", "webhooks.server-error"],
    details: {
      safe: "signed by Standard Webhooks, and sent again under the same id.",
      unsafe: "not as the SDK takes them: look at the cases that failed before you rely on events.",
      unknown: "not looked at: it needs --write --calls --webhook-url, and the secret."
    }
  },
  {
    name: "import",
    ids: ["imports.minimal", "imports.twice", "imports.circle", "imports.mappings"],
    details: {
      safe: "an import can be repeated, and its ids looked up.",
      unsafe: "not repeatable, or without mappings: do not import into an account that is in use.",
      unknown: "not looked at: it needs --write."
    }
  },
  {
    name: "secrets",
    ids: ["credentials.create", "credentials.get", "credentials.list", "credentials.change"],
    details: {
      safe: "go in and never come out.",
      unsafe: "can be read back: a key of the organization is as good as its secrets.",
      unknown: "not looked at: it needs --write."
    }
  }
]

/** What the SDK can rely on. */
export const capabilitiesOf = (results: ReadonlyArray<CaseResult>): ReadonlyArray<Capability> =>
  rules.map(({ name, ids, details }) => {
    const verdict = verdictOf(results, ids)
    const which = failed(results, ids)
    return { name, verdict, detail: which === "" ? details[verdict] : `${details[verdict]} (${which})` }
  })

const words = { safe: "honoured", unsafe: "ignored", unknown: "unknown" } as const

/** The profile, for a client. */
export const profileOf = (run: Run, results: ReadonlyArray<CaseResult>, createdAt: string): RuntimeProfile => {
  const signature = verdictOf(results, ["webhooks.signature"])
  const { runtimeVersion, unsigned } = run.facts
  return {
    formatVersion: 1,
    createdAt,
    ...(runtimeVersion === undefined ? {} : { runtimeVersion }),
    idempotencyKeys: words[verdictOf(results, keys)],
    ifMatch: words[verdictOf(results, ["rows.if-match"])],
    webhookSignature:
      signature === "safe" ? "standard" : signature === "unknown" ? "unknown" : unsigned === true ? "none" : "other",
    lists: listsOf(run, results)
  }
}

/** Lists as they were seen. What was found of walking assistants holds for all lists of that shape. */
const listsOf = (run: Run, results: ReadonlyArray<CaseResult>): RuntimeProfile["lists"] => {
  const walk = verdictOf(results, ["lists.walk", "lists.created-le"])
  const assistants = shapeIn(run, "/assistant")
  const { most } = run.facts
  return Object.fromEntries(
    Object.values(listPaths).flatMap((path): ReadonlyArray<readonly [string, ListProfile]> => {
      const shape = shapeIn(run, path)
      if (shape === undefined) return []
      const known = shape === assistants && (path === "/assistant" || walk === "unsafe") ? walk : "unknown"
      return [
        [
          path,
          {
            shape,
            ...(shape === 1 && most !== undefined ? { most } : {}),
            walk: known === "safe" ? "all" : known === "unsafe" ? "first-page" : "unknown"
          }
        ]
      ]
    })
  )
}

const shapeIn = ({ seen }: Run, path: string): 1 | 2 | 3 | 4 | undefined => {
  const list = seen.find(
    ({ ask, answer }) => ask.path === path && (ask.method ?? "GET") === "GET" && answer.status === 200
  )
  return list === undefined ? undefined : shapeOf(list.answer.json)
}
