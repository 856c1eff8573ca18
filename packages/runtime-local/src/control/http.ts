/**
 * The control routes of a runtime, below `/__aywa/`, behind a token: what its handle does, over HTTP, for the command
 * line, for pages, for tests and for agents.
 */
import * as crypto from "node:crypto"
import { type Answer, json } from "../http/answer.ts"
import { HttpError, notFound } from "../http/errors.ts"
import type { Bodies } from "../http/body.ts"
import { type Exchange, headerOf } from "../http/exchange.ts"
import { type AccountsContext, accountRoutes } from "./accounts.ts"
import { catalogRoutes } from "./catalog.ts"
import { type EventsContext, eventRoutes } from "./events.ts"
import type { Feed } from "./feed.ts"
import { listRoutes } from "./lists.ts"
import { type RequestsContext, requestRoutes } from "./requests.ts"
import type { Store } from "../store/Store.ts"
import { answersItself, type ControlRoutes, decoded, findRoute, isAnswer } from "./route.ts"
import { type SnapshotsContext, snapshotRoutes } from "./snapshots.ts"
import { type StageContext, stageRoutes } from "./stage.ts"
import { makeStream } from "./stream.ts"
import { redeemTicket, type Tickets } from "./tickets.ts"

/** What the control routes can reach. */
export interface ControlContext
  extends RequestsContext, StageContext, EventsContext, AccountsContext, SnapshotsContext {
  readonly token: string
  readonly tickets: Tickets
  readonly feed: Feed
  readonly bodies: Bodies
  /** Handles a request of the contract in the name of an organization. */
  readonly actAs: (acting: Acting) => Promise<Answer>
}

/** A request of the contract in the name of an organization. */
export interface Acting {
  readonly exchange: Exchange
  readonly organization: string
  readonly path: string
  readonly read: () => Promise<Buffer>
}

/** Answers a control request; `undefined` when the answer is on its way already. */
export type Control = (exchange: Exchange, read: () => Promise<Buffer>) => Promise<Answer | undefined>

/** The path of a control request, below the prefix. */
const prefix = "/__aywa/"

/** Makes what answers control requests. */
export const makeControl = (context: ControlContext): Control => {
  const expected = digest(context.token)
  const routes: ControlRoutes = {
    ...requestRoutes(context),
    ...listRoutes(context.store),
    ...eventRoutes(context),
    ...stageRoutes(context),
    ...accountRoutes(context),
    ...snapshotRoutes(context),
    ...catalogRoutes(context),
    "GET stream": makeStream(context.feed)
  }
  return async (exchange, read) => {
    const { method, path, query, request } = exchange
    refuseOtherOrigin(exchange)
    const body = async () => {
      const bytes = await read()
      return bytes.length === 0 ? undefined : context.bodies.parse(request, bytes)
    }
    if (method === "POST" && path === `${prefix}ticket`) {
      return json(200, JSON.stringify(redeemTicket(context.tickets, context.token, await body())))
    }
    const token = headerOf(request, "authorization")?.replace(/^Bearer +/i, "") ?? ""
    if (!crypto.timingSafeEqual(digest(token), expected)) {
      throw new HttpError(401, "The control API needs its token: Authorization: Bearer <controlToken>", {
        code: "control_token"
      })
    }
    const rest = path.slice(prefix.length)
    const [, organization, target = ""] = /^as\/([^/]+)(\/.+)$/.exec(rest) ?? []
    if (organization !== undefined) {
      return context.actAs({ exchange, organization: organizationOf(context.store, organization), path: target, read })
    }
    const route = findRoute(routes, method, rest.replace(/\/$/, ""))
    if (route === undefined) throw new HttpError(404, `The control API has no ${method} ${path}`)
    const value = await route.handler({ exchange, query, id: route.id, body })
    if (value === answersItself) return undefined
    return isAnswer(value) ? value : json(200, JSON.stringify(value ?? {}))
  }
}

/** A browser says which page asks: only the inspector's own may, and programs say nothing. */
const refuseOtherOrigin = ({ request, authority }: Exchange): void => {
  const origin = headerOf(request, "origin")
  if (origin === undefined || origin.replace(/^https?:\/\//, "") === (authority ?? request.headers.host)) return
  throw new HttpError(403, "The control API takes no requests of pages of other origins", { code: "other_origin" })
}

const organizationOf = (store: Store, segment: string): string => {
  const id = decoded(segment)
  if (store.get("SELECT 1 FROM organizations WHERE id = ?", id) === undefined) throw notFound("Organization", id)
  return id
}

const digest = (text: string) => crypto.hash("sha256", text, "buffer")
