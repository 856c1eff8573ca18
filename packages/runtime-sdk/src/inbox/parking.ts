/**
 * What operators do with deliveries: look at those that were given up, put them back, remove or forget them.
 */
import * as Effect from "effect/Effect"
import type { Delivery, InboxError, Parked, Subject } from "./model.ts"
import type { Outage } from "./outage.ts"
import type { Store } from "./Store.ts"
import { asOption, pageOf, subjectOf, textOf } from "./options.ts"
import { wellFormed } from "./text.ts"

/**
 * A page of what is parked.
 *
 * @since 0.2.0
 * @category models
 */
export interface ParkedPage {
  /** Default 100. */
  readonly limit?: number | undefined
  /** The last one of the page before. */
  readonly after?: Parked | undefined
}

/** What operators do. */
export interface Parking {
  readonly parked: (page?: number | ParkedPage) => Effect.Effect<ReadonlyArray<Parked>, InboxError>
  readonly requeue: (id: string) => Effect.Effect<boolean, InboxError>
  readonly discard: (id: string) => Effect.Effect<boolean, InboxError>
  readonly forget: (subject: Subject) => Effect.Effect<number, InboxError>
}

/** Makes it. */
export const makeParking = (store: Store, outage: Outage, wake: () => void): Parking => ({
  parked: (page = {}) =>
    Effect.flatMap(
      asOption(() => pageOf(page)),
      ({ limit, after }) => outage.watch(store.parked(limit, after))
    ),
  requeue: (given) =>
    Effect.flatMap(idOf("requeue", given), (id) =>
      Effect.tap(outage.watch(store.requeue(id)), (isBack) => Effect.sync(() => (isBack ? wake() : undefined)))
    ),
  discard: (given) => Effect.flatMap(idOf("discard", given), (id) => outage.watch(store.discard(id))),
  forget: (given) =>
    Effect.flatMap(
      asOption(() => subjectOf(given)),
      (subject) =>
        outage.watch(
          "callId" in subject
            ? store.forget(({ callId }) => callId === subject.callId, subject)
            : store.forget((delivery) => isOf(subject.customer, delivery), {})
        )
    )
})

const idOf = (doing: string, given: unknown) => asOption(() => wellFormed(textOf(`id of ${doing}`, given)))

/** Where a message names its customer. */
const customersOf = (body: string): ReadonlyArray<unknown> => {
  let message: unknown
  try {
    message = Object(JSON.parse(body)).message
  } catch {
    return []
  }
  const { customer, call } = Object(message)
  return [customer, Object(call).customer, { id: Object(call).customerId }]
}

const fields = ["id", "number", "sipUri", "email", "externalId"]

const isOf = (customer: string, { body }: Delivery): boolean =>
  // Most bodies need not be parsed for it: only their writer may have escaped what we would not.
  (body.includes(JSON.stringify(customer).slice(1, -1)) || /\\[u/]/.test(body)) &&
  customersOf(body).some((one) => fields.some((field) => Object(one)[field] === customer))
