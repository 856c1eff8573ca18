/**
 * Opens an inbox with the drivers that the project has; it is closed at the end.
 */
import { NodeSqlite, openWebhookInbox, type OpenInbox, WebhookInbox } from "@aywa-ai/runtime-sdk/inbox"
import * as Layer from "effect/Layer"
import { existsSync } from "node:fs"
import { CliFailure, exitCodes, usage } from "../core/failure.ts"
import type { Session } from "../core/session.ts"
import { pgLayer, redisLayer } from "./drivers.ts"

/** Where an inbox is. */
export interface PlaceInput {
  readonly database: string | undefined
  readonly name: string | undefined
  readonly schema: string | undefined
  readonly prefix: string | undefined
}

const layerOf = async ({ database, name, schema, prefix }: PlaceInput, session: Session) => {
  const url = database ?? session.settings.variable("DATABASE_URL")?.value
  if (url === undefined) {
    throw usage("There is no database.", "Set DATABASE_URL (postgres:, sqlite:FILE or redis:), or give --database.")
  }
  if (/^postgres(ql)?:\/\//.test(url)) {
    return Layer.provide(WebhookInbox.layerSql({ name, schema }), await pgLayer(url))
  }
  if (/^rediss?:\/\//.test(url)) return Layer.provide(WebhookInbox.layerRedis({ name, prefix }), await redisLayer(url))
  const file = url.replace(/^sqlite:/, "")
  // Not what it is: a mistyped URL has a password in it. And SQLite would create it.
  if (file.includes("://") || !existsSync(file)) {
    throw usage("There is no database file of this name.", "Give postgres://…, redis://… or sqlite:FILE.")
  }
  return Layer.provide(WebhookInbox.layerSql({ name }), NodeSqlite.layer(file))
}

/** Opens it; takes and handles nothing. */
export const openInbox = async (input: PlaceInput, session: Session): Promise<OpenInbox> => {
  try {
    const store = await layerOf(input, session)
    const inbox = await openWebhookInbox({ store, onError: ({ message }) => session.out.warn(message) })
    session.cleanup(() => inbox.close())
    return inbox
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "InboxError") throw error
    throw new CliFailure({ code: "inbox", message: error.message, exitCode: exitCodes.unreachable, cause: error })
  }
}
