/**
 * What code that was written for the source API relies on, and the contract of the runtime does not have.
 */
import { contract, specOf } from "@aywa-ai/runtime-sdk/internal/contract"
import type { CallContext } from "./calls/calls.ts"
import { recording } from "./calls/recordings.ts"
import type { Route } from "./http/routes.ts"
import { listRows } from "./rows/listing.ts"
import { rulesOf } from "./rows/rules.ts"
import { makeValidate } from "./rows/validation.ts"

/** Beginnings of paths of the source API that this runtime has nothing of; docs/compatibility.md is made from this. */
export const foreignPaths: ReadonlySet<string> = new Set([
  "analytics",
  "assistant/background-sound",
  "call/:id/call-logs",
  "call/:id/pcap",
  "call/:id/video-recording",
  "campaign",
  "chat",
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

/** The audio recordings of a call. */
const recordings = ["mono-recording", "stereo-recording", "customer-recording", "assistant-recording"]

/** The routes. */
export const sourceRoutes = (
  parts: Pick<CallContext, "store" | "ids" | "now" | "calls" | "strict">
): ReadonlyArray<Route> => [
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
  ...recordings.map((kind): Route => ({
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
