/**
 * Tickets: what opens the inspector once. A program that opens a browser hands it the address as an argument, which every
 * user of the machine can read in the list of processes; the control token would be good for as long as the runtime runs.
 */
import * as crypto from "node:crypto"
import * as Schema from "effect/Schema"
import { HttpError } from "../http/errors.ts"
import { decode } from "./route.ts"

/** The tickets of a runtime. */
export interface Tickets {
  /** A new one. */
  readonly issue: () => string
  /** Whether a ticket is good; it is not any more afterwards. */
  readonly redeem: (ticket: string) => boolean
}

/** Milliseconds in which a browser starts, and asks. */
const lifetime = 60_000

/** Makes them. They are of real time and real chance, whatever the clock and the seed of the runtime. */
export const makeTickets = (now: () => number = () => performance.now()): Tickets => {
  const open = new Map<string, number>()
  return {
    issue: () => {
      const ticket = crypto.randomBytes(24).toString("base64url")
      open.set(ticket, now() + lifetime)
      return ticket
    },
    redeem: (ticket) => {
      const until = open.get(ticket)
      open.delete(ticket)
      return until !== undefined && now() <= until
    }
  }
}

const Redemption = Schema.Struct({ ticket: Schema.String })

/** `POST ticket`: the control token for a ticket. It is the one route that needs no token. */
export const redeemTicket = (tickets: Tickets, token: string, body: unknown): { readonly token: string } => {
  const { ticket } = decode(Redemption, body)
  if (tickets.redeem(ticket)) return { token }
  throw new HttpError(401, "This link was good once, for a minute: open the address that the runtime printed", {
    code: "ticket_used"
  })
}
