/**
 * New calls: rows that say what was asked for, and that live from then on. Nothing dials.
 */
import { contract, specOf } from "@aywa-ai/runtime-sdk/internal/contract"
import { json } from "./answer.ts"
import { crud, type CrudContext, type Handler, type HandlerRequest, insertRow, update } from "./crud.ts"
import { invalid } from "./errors.ts"
import { isJson, type Json, makeValidate } from "./validation.ts"

/** `POST /call`: one call, or a batch when the body has `customers`. */
export const create = (context: CrudContext): Handler => {
  const validateBatch = makeValidate(specOf(contract.calls.createBatch).body, context.strict)
  return (request) => {
    if (!isJson(request.body) || !Object.hasOwn(request.body, "customers")) {
      const body = context.validate(request.body)
      return json(201, insertCall(context, request, typeOf(body), body))
    }
    const { customers, ...rest } = validateBatch(request.body)
    const results: Array<string> = []
    const errors: Array<Json> = []
    // The schema that was just checked says that this is an array of objects.
    for (const customer of customers as ReadonlyArray<Json>) {
      const problem = problemOf(customer)
      if (problem === undefined) {
        results.push(insertCall(context, request, "outboundPhoneCall", { ...rest, customer }))
      } else errors.push({ customer, error: problem })
    }
    return json(201, `{"results":[${results.join(",")}],"errors":${JSON.stringify(errors)}}`)
  }
}

/** `POST /call/phone`. */
export const createPhone =
  (context: CrudContext): Handler =>
  (request) =>
    json(201, insertCall(context, request, "outboundPhoneCall", context.validate(request.body)))

/** `POST /call/web`. */
export const createWeb =
  (context: CrudContext): Handler =>
  (request) =>
    json(201, insertCall(context, request, "webCall", context.validate(request.body)))

/** `PATCH /call/:id`: the name, and nothing else, not even a field that the row has. */
export const rename = (context: CrudContext): Handler =>
  update({ ...context, validate: (body) => context.validate(body) })

/** `DELETE /call/:id`: what it left behind goes, too. */
export const remove = (context: CrudContext): Handler => {
  const { calls, outbox } = context.engine
  return (request) => {
    const run = calls.runs.get(request.id)
    const event = run === undefined ? undefined : calls.stage.eventOf(run, "call.deleted", {})
    const answer = crud["delete"]?.(context)(request)
    if (answer === undefined) throw new Error("There is no generic delete")
    if (event !== undefined) outbox.emit(event)
    calls.runs.remove(request.id)
    return answer
  }
}

const insertCall = (context: CrudContext, request: HandlerRequest, type: string, body: Json): string => {
  const fields = { type, status: statusOf(context.now(), body), cost: 0, ...body }
  const text = insertRow(context, request.organization, fields)
  context.engine.calls.begin(JSON.parse(text) as Json) // Just written, hence an object.
  return text
}

const statusOf = (now: number, body: Json): string => {
  const plan = body["schedulePlan"]
  const at = isJson(plan) && typeof plan["earliestAt"] === "string" ? Date.parse(plan["earliestAt"]) : Number.NaN
  return at > now ? "scheduled" : "queued"
}

const typeOf = (body: Json): string => {
  const { transport, customer, customerId } = body
  if (isJson(transport) && transport["provider"] === "vapi.websocket") return "vapi.websocketCall"
  if (isJson(customer) || typeof customerId === "string") return "outboundPhoneCall"
  throw invalid(["customer: a phone call needs customer or customerId; for a web call use POST /call/web"])
}

const problemOf = ({ number, sipUri, numberE164CheckEnabled }: Json): string | undefined => {
  if (typeof number !== "string") return typeof sipUri === "string" ? undefined : "customer.number is missing"
  const valid = numberE164CheckEnabled === false ? /^\+?[a-zA-Z0-9]{3,40}$/ : /^\+[1-9]\d{2,14}$/
  return valid.test(number) ? undefined : "customer.number must be a valid phone number in E.164 format"
}
