/**
 * A client that looks at a runtime without being seen. A local one answers it over its control routes: what it asks is
 * in no list of requests, counts for no limit, and uses up no fault that was meant for a program. A deployed one has no
 * such way, and sees ordinary requests.
 */
import type { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"
import { control, controlVariable } from "./control.ts"
import { isLoopbackUrl } from "./loopback.ts"
import type { Session } from "./session.ts"

/** Makes it. Without the control token of a local runtime, or its organization, it is the session's own client. */
export const observer = async (session: Session): Promise<AywaRuntimeClient> => {
  const { settings } = session
  const { address, orgId } = settings
  const token = settings.variable(controlVariable)
  if (address === undefined || orgId === undefined || token === undefined || !isLoopbackUrl(address.value)) {
    return session.client()
  }
  // A token of an earlier run, or a deployed runtime behind a port of this machine: then as everybody.
  const isLocal = await control(session, "GET", "runtime").then(
    () => true,
    () => false
  )
  return isLocal ? unseen(session, orgId.value) : session.client()
}

/** The client of whoever has the control token already, in the name of an organization. */
export const unseen = async ({ settings }: Session, organization: string): Promise<AywaRuntimeClient> => {
  const { AywaRuntimeClient } = await import("@aywa-ai/runtime-sdk")
  return new AywaRuntimeClient({
    baseUrl: `${(settings.address?.value ?? "").replace(/\/+$/, "")}/__aywa/as/${encodeURIComponent(organization)}`,
    apiKey: settings.variable(controlVariable)?.value,
    timeout: settings.timeout === undefined ? undefined : settings.timeout * 1000
  })
}
