/**
 * Calls over HTTP: a new row begins a call that lives by itself from then on. Nothing dials.
 */
import { contract, specOf } from "@aywa-ai/runtime-sdk/internal/contract"
import { type Answer, json } from "../http/answer.ts"
import { crud, insertWhole, update } from "../rows/crud.ts"
import type { Handler, HandlerRequest } from "../http/handler.ts"
import { invalid } from "../http/errors.ts"
import { assistantOf } from "./begin.ts"
import type { CallContext } from "./calls.ts"
import { eventOf } from "./record.ts"
import { isObject, objectAt, type JsonObject } from "../json/object.ts"
import { checkMeaning } from "../rows/meaning.ts"
import { makeValidate } from "../rows/validation.ts"

/** `POST /call`: one call, or a batch when the body has `customers`. */
export const create = (context: CallContext): Handler => {
  const validateBatch = makeValidate(specOf(contract.calls.createBatch).body, context.strict)
  return (request) => {
    if (!isObject(request.body) || !Object.hasOwn(request.body, "customers")) {
      const body = context.validate(request.body)
      const warning = checkMeaning(context, request.organization, body)
      return json(201, insertCall(context, request, typeOf(body), body), warning)
    }
    const { customers, ...rest } = validateBatch(request.body)
    const warning = checkMeaning(context, request.organization, rest)
    const results: Array<string> = []
    const errors: Array<JsonObject> = []
    // The schema that was just checked says that this is an array of objects.
    for (const customer of customers as ReadonlyArray<JsonObject>) {
      const problem = problemOf(customer)
      if (problem === undefined) {
        results.push(insertCall(context, request, "outboundPhoneCall", { ...rest, customer }))
      } else errors.push({ customer, error: problem })
    }
    return json(201, `{"results":[${results.join(",")}],"errors":${JSON.stringify(errors)}}`, warning)
  }
}

/** `POST /call/phone`. */
export const createPhone =
  (context: CallContext): Handler =>
  (request) =>
    createOf(context, request, "outboundPhoneCall")

/** `POST /call/web`. */
export const createWeb =
  (context: CallContext): Handler =>
  (request) =>
    createOf(context, request, "webCall")

/** `PATCH /call/:id`: the name, and nothing else, not even a field that the row has. */
export const rename = (context: CallContext): Handler =>
  update({ ...context, validate: (body) => context.validate(body) })

/** `DELETE /call/:id`: what it left behind goes, too. */
export const remove = (context: CallContext): Handler => {
  const { runs, stage } = context.calls
  return (request) => {
    const run = runs.get(request.id)
    const event = run === undefined ? undefined : eventOf(stage, run, "call.deleted", {})
    const answer = crud["delete"]?.(context)(request)
    if (answer === undefined) throw new Error("There is no generic delete")
    if (event !== undefined) stage.outbox.emit(event)
    runs.remove(request.id)
    return answer
  }
}

const createOf = (context: CallContext, request: HandlerRequest, type: string): Answer => {
  const body = context.validate(request.body)
  const warning = checkMeaning(context, request.organization, body)
  return json(201, insertCall(context, request, type, body), warning)
}

const insertCall = (context: CallContext, request: HandlerRequest, type: string, body: JsonObject): string => {
  const id = context.ids.uuid()
  const assistant = assistantOf(context.store, request.organization, body)
  const links = context.calls.links.onCreate({ id, type }, assistant)
  const fields = { type, status: statusOf(context.now(), body), cost: 0, ...body, ...links }
  const { text, visible, whole } = insertWhole(context, request.organization, fields, id)
  context.calls.begin(whole, { visible })
  return text
}

const statusOf = (now: number, body: JsonObject): string => {
  const earliest = objectAt(body, "schedulePlan")?.["earliestAt"]
  return typeof earliest === "string" && Date.parse(earliest) > now ? "scheduled" : "queued"
}

const typeOf = (body: JsonObject): string => {
  const { transport, customer, customerId } = body
  if (isObject(transport) && transport["provider"] === "vapi.websocket") return "vapi.websocketCall"
  if (isObject(customer) || typeof customerId === "string") return "outboundPhoneCall"
  throw invalid(["customer: a phone call needs customer or customerId; for a web call use POST /call/web"])
}

const problemOf = ({ number, sipUri, numberE164CheckEnabled }: JsonObject): string | undefined => {
  if (typeof number !== "string") return typeof sipUri === "string" ? undefined : "customer.number is missing"
  const valid = numberE164CheckEnabled === false ? /^\+?[a-zA-Z0-9]{3,40}$/ : /^\+[1-9]\d{2,14}$/
  return valid.test(number) ? undefined : "customer.number must be a valid phone number in E.164 format"
}
