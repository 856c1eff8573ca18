/**
 * A folder of configuration and the client of its environment.
 */
import type { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"
import { type Config, readConfig } from "@aywa-ai/runtime-config"
import type { Session } from "../core/session.ts"
import { variablesOf } from "../core/variables.ts"

/** What every command of the group takes. */
export interface Place {
  readonly dir: string
  readonly env: string | undefined
}

/** Reads the folder. */
export const open = (place: Place, session: Session, missing: "problem" | "keep" = "problem"): Config =>
  readConfig(place.dir, { environment: place.env, variables: variablesOf(session), missing })

/**
 * The client, and the address that it asks: that of a flag, else that of the environment's file, else that of the
 * variables. A file that says where it belongs is not sent elsewhere because of a variable that was left over.
 */
export const connect = async (
  { environment }: Config,
  session: Session
): Promise<{ readonly aywa: AywaRuntimeClient; readonly baseUrl: string | undefined }> => {
  const { address, orgId } = session.settings
  const isFlag = (source: string | undefined) => source !== undefined && source.startsWith("--")
  const baseUrl = isFlag(address?.source) ? address?.value : (environment.baseUrl ?? address?.value)
  const organizationId = isFlag(orgId?.source) ? orgId?.value : (environment.organizationId ?? orgId?.value)
  return { aywa: await session.client({ baseUrl, organizationId }), baseUrl }
}
