/**
 * What code that was written for the source API relies on, and the contract of the runtime does not have.
 */
import { contract, specOf } from "@aywa-ai/runtime-sdk/internal/contract"
import type { CallContext } from "./calls/calls.ts"
import { recordingKinds } from "./calls/links.ts"
import { logFile } from "./calls/logFile.ts"
import { recording } from "./calls/recordings.ts"
import { web } from "./calls/views.ts"
import type { Route } from "./http/routes.ts"
import { draftHandlers } from "./rows/drafts.ts"
import { listRows } from "./rows/listing.ts"
import { rulesOf } from "./rows/rules.ts"
import { makeValidate } from "./rows/validation.ts"

/** Beginnings of paths of the source API that this runtime has nothing of; docs/compatibility.md is made from this. */
export const foreignPaths: ReadonlySet<string> = new Set([
  "analytics",
  "assistant/background-sound",
  "call/:id/pcap",
  "call/:id/video-recording",
  "campaign",
  "eval",
  "knowledge-base",
  "monitoring",
  "observability",
  "provider",
  "reporting",
  "session",
  "squad",
  "test-suite",
  "v2/campaign",
  "v2/knowledge-base",
  "workflow"
])

/** What the routes work with. */
type SourceParts = Pick<CallContext, "store" | "ids" | "now" | "calls" | "strict">

/** The routes. */
export const sourceRoutes = (parts: SourceParts): ReadonlyArray<Route> => [
  ...draftRoutes(parts),
  {
    name: "phoneNumbers.listV2",
    method: "GET",
    path: "/v2/phone-number",
    body: "none",
    handler: ({ organization, query }) =>
      listRows(parts.store, "phoneNumbers", organization, query, {
        shape: 2,
        strict: parts.strict,
        filters: [],
        search: ["name", "number", "sipUri"]
      })
  },
  { name: "calls.logFile", method: "GET", path: "/call/:id/call-logs", body: "none", handler: logFile(parts) },
  { name: "calls.web", method: "GET", path: "/call/:id/web", body: "none", handler: web(parts) },
  ...recordingKinds.map((kind): Route => ({
    name: `calls.${kind}`,
    method: "GET",
    path: `/call/:id/${kind}`,
    body: "none",
    handler: recording(
      {
        ...parts,
        resource: "calls",
        rules: rulesOf("calls"),
        shape: 1,
        validate: makeValidate(specOf(contract.calls.update).body, parts.strict)
      },
      kind === "stereo-recording" ? 2 : 1
    )
  }))
]

const draftRoutes = (parts: SourceParts): ReadonlyArray<Route> => {
  const validate = makeValidate(specOf(contract.assistants.create).body, parts.strict)
  const handlers = draftHandlers({ ...parts, resource: "assistants", rules: rulesOf("assistants"), shape: 1, validate })
  const [all, one] = ["/assistant/:id/draft", "/assistant/:id/draft/:draftId"]
  const route = (method: string, path: string, name: keyof typeof handlers, body: Route["body"] = "none"): Route => ({
    name: `assistants.drafts.${name}`,
    method,
    path,
    body,
    handler: handlers[name]
  })
  return [
    route("POST", all, "create", "json"),
    route("GET", all, "list"),
    route("GET", one, "get"),
    route("PATCH", one, "update", "json"),
    route("DELETE", one, "delete"),
    route("POST", `${one}/publish`, "publish"),
    route("POST", `${all}/publish`, "publish")
  ]
}
