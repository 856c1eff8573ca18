/**
 * Phone numbers: bring your own and bind them to an assistant. Telephony stays with the runtime's environment.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { codec, described, ruled } from "../schema/codec.ts"
import { destinationIssues, missingFields, numberIssues } from "./bodyRules.ts"
import { atMost, between, listOf, listQuery, objectOf, opt, row, newServer, server } from "./shapes.ts"
import { gone, inputOf, operation, page } from "./table.ts"
import type { Input, JsonObject, Open } from "./Operation.ts"
import type { PhoneNumberHook } from "./plans.ts"
import type { Row, Server } from "./shared.ts"
import type { TransferPlan } from "./toolModels.ts"

/**
 * Phone number providers known today; any string is accepted.
 *
 * @since 0.1.0
 * @category models
 */
export type PhoneNumberProvider = Open<"byo-phone-number" | "twilio" | "vonage" | "telnyx" | "vapi">

/**
 * Where a call goes when nothing else answers.
 *
 * @since 0.1.0
 * @category models
 */
export interface FallbackDestination extends JsonObject {
  /** What it is. */
  readonly type: Open<"number" | "sip">
  /** For `number`: E.164 unless `numberE164CheckEnabled` is `false`. */
  readonly number?: string | null
  /** Whether `number` must be E.164; `true` when absent. */
  readonly numberE164CheckEnabled?: boolean | null
  /** For `sip`: such as `"sip:desk@pbx.example.com"`. */
  readonly sipUri?: string | null
  /** For `number`: dialled after the answer; 1 to 10 characters. */
  readonly extension?: string | null
  /** The number that is shown, at most 40 characters. */
  readonly callerId?: string | null
  /** For `sip`: extra headers. */
  readonly sipHeaders?: JsonObject | null
  /** Spoken before the transfer; an empty text transfers silently. */
  readonly message?: string | JsonObject | null
  /** What it is for, in words. */
  readonly description?: string | null
  /** How the call is handed over. */
  readonly transferPlan?: TransferPlan | null
}

/**
 * The SIP user of a number of provider `vapi`.
 *
 * @since 0.2.0
 * @category models
 */
export interface SipAuthentication extends JsonObject {
  /** The SIP realm. */
  readonly realm?: string | null
  /** 20 to 40 characters. */
  readonly username?: string | null
  /** 20 to 40 characters; write-only. */
  readonly password?: string | null
}

/**
 * The fields that a create or an update may set. Which ones apply depends on `provider`; `null` clears.
 *
 * @since 0.1.0
 * @category models
 */
export interface PhoneNumberFields {
  /** At most 40 characters. */
  readonly name?: string | null
  /** E.164, unless `numberE164CheckEnabled` is `false`. */
  readonly number?: string | null
  /** Whether `number` must be E.164; the default is `true`. */
  readonly numberE164CheckEnabled?: boolean | null
  /** The SIP trunk credential of a BYO number; also for `vonage` and `telnyx`. */
  readonly credentialId?: string | null
  /** The assistant that answers. Without assistant, squad and workflow the server is asked. */
  readonly assistantId?: string | null
  /** The squad that answers, in the assistant's place. */
  readonly squadId?: string | null
  /** The workflow that answers, in the assistant's place. */
  readonly workflowId?: string | null
  /** Where server messages of this number go, unless the assistant has a server. */
  readonly server?: Server | null
  /** Older flat form of `server.url`. */
  readonly serverUrl?: string | null
  /** Older flat form of the server's secret; write-only. */
  readonly serverUrlSecret?: string | null
  /** Where a call goes when nothing else answers. */
  readonly fallbackDestination?: FallbackDestination | null
  /** What is done at moments of its calls. */
  readonly hooks?: ReadonlyArray<PhoneNumberHook> | null
  /** For `vapi`: its SIP address, such as `"sip:desk@sip.example.com"`. */
  readonly sipUri?: string | null
  /** For `vapi`: area code of the number that is wanted; 3 characters. */
  readonly numberDesiredAreaCode?: string | null
  /** For `vapi`: SIP user; the password is write-only. */
  readonly authentication?: SipAuthentication | null
  /** For `twilio`, which needs it: the account, `AC…`. */
  readonly twilioAccountSid?: string | null
  /** For `twilio`; a secret, write-only. */
  readonly twilioAuthToken?: string | null
  /** For `twilio`; a secret, write-only. */
  readonly twilioApiKey?: string | null
  /** For `twilio`; a secret, write-only. */
  readonly twilioApiSecret?: string | null
  /** For `twilio`: whether the number takes SMS; `true` when absent. */
  readonly smsEnabled?: boolean | null
}

/**
 * A phone number as the runtime stores it. Fields that this SDK does not know are kept.
 *
 * @since 0.1.0
 * @category models
 */
export interface PhoneNumber extends Row, PhoneNumberFields, JsonObject {
  /** Who carries its calls; decides which other fields apply. */
  readonly provider: PhoneNumberProvider
  /** Whether it can be used. */
  readonly status?: Open<"active" | "activating" | "blocked"> | null
}

/**
 * Fields of a new phone number.
 *
 * @since 0.1.0
 * @category models
 */
export interface NewPhoneNumber extends PhoneNumberFields {
  /** Who carries its calls; decides which other fields apply. */
  readonly provider: PhoneNumberProvider
}

/**
 * Body of `phoneNumbers.create`. What each provider needs is checked before anything is sent.
 *
 * @since 0.1.0
 * @category models
 */
export interface CreatePhoneNumber extends Input<NewPhoneNumber> {}

/**
 * Body of `phoneNumbers.update`: a shallow merge. An absent key keeps, a present key replaces the **whole** value,
 * `null` clears.
 *
 * @since 0.1.0
 * @category models
 */
export interface UpdatePhoneNumber extends Input<PhoneNumberFields> {
  /** Who carries its calls; decides which other fields apply. */
  readonly provider?: PhoneNumberProvider | undefined
}

const fallbackDestination = described<FallbackDestination>()(
  Schema.Struct({
    type: Schema.String,
    number: opt(Schema.String),
    numberE164CheckEnabled: opt(Schema.Boolean),
    sipUri: opt(Schema.String)
  })
)

const fields = {
  name: opt(Schema.String),
  number: opt(Schema.String),
  numberE164CheckEnabled: opt(Schema.Boolean),
  credentialId: opt(Schema.String),
  assistantId: opt(Schema.String),
  squadId: opt(Schema.String),
  workflowId: opt(Schema.String),
  server: opt(server),
  serverUrl: opt(Schema.String),
  serverUrlSecret: opt(Schema.String),
  fallbackDestination: opt(fallbackDestination),
  hooks: opt(listOf<PhoneNumberHook>()),
  sipUri: opt(Schema.String),
  numberDesiredAreaCode: opt(Schema.String),
  authentication: opt(objectOf<SipAuthentication>()),
  twilioAccountSid: opt(Schema.String),
  twilioAuthToken: opt(Schema.String),
  twilioApiKey: opt(Schema.String),
  twilioApiSecret: opt(Schema.String),
  smsEnabled: opt(Schema.Boolean)
}

const phoneNumber = codec<PhoneNumber>()(
  Schema.Struct({ ...row, ...fields, provider: Schema.String, status: opt(Schema.String) })
)

const required: { readonly [provider: string]: ReadonlyArray<string> } = {
  "byo-phone-number": ["credentialId"],
  twilio: ["number", "twilioAccountSid"],
  vonage: ["number", "credentialId"],
  telnyx: ["number", "credentialId"]
}

const newPhoneNumber = ruled(
  codec<NewPhoneNumber>()(
    Schema.Struct({
      ...fields,
      provider: Schema.String.check(Schema.isMinLength(1)),
      name: opt(atMost(40)),
      number: opt(between(3, 40)),
      numberDesiredAreaCode: opt(between(3, 3)),
      server: opt(newServer)
    })
  ),
  (body) => {
    const { provider } = body
    const strict = provider === "byo-phone-number" || provider === "twilio"
    return [
      ...missingFields(body, required, provider, "a number of provider"),
      ...(provider === "twilio" && !body.twilioAuthToken && !(body.twilioApiKey && body.twilioApiSecret)
        ? [{ path: ["twilioAuthToken"], issue: "Missing: give it, or twilioApiKey with twilioApiSecret" }]
        : []),
      ...numberIssues(strict ? body : { ...body, numberE164CheckEnabled: false }, []),
      ...destinationIssues(body.fallbackDestination, ["fallbackDestination"])
    ]
  }
)

const updatePhoneNumber = codec<PhoneNumberFields & { readonly provider?: PhoneNumberProvider }>()(
  Schema.Struct({ ...fields, provider: Schema.optionalKey(Schema.String) })
)

/**
 * The phone number operations of the contract.
 *
 * @since 0.1.0
 * @category contract
 */
export const phoneNumbers = {
  /**
   * Lists phone numbers, newest first.
   *
   * Await it for one page, or iterate: `for await` fetches each further page as it is reached.
   *
   * @throws {@link CommonError} as every operation: of these, `outcome` says whether something happened.
   * @example
   * ```ts
   * for await (const number of aywa.phoneNumbers.list()) console.log(number.number, number.assistantId)
   * ```
   */
  list: operation({ method: "GET", path: "/phone-number", query: listQuery, success: page(phoneNumber) }),
  /**
   * Reads one phone number.
   *
   * @throws {@link NotFound} when it is not there.
   * @throws {@link CommonError} as every operation: of these, `outcome` says whether something happened.
   * @example
   * ```ts
   * const { number, status } = await aywa.phoneNumbers.get(id)
   * console.log(number, status)
   * ```
   */
  get: operation({ method: "GET", path: "/phone-number/:id", success: phoneNumber, errors: ["NotFound"] }),
  /**
   * Imports a phone number. One call imports at most one: it carries an idempotency key, yours or a generated one,
   * on every attempt.
   *
   * @throws {@link ConflictError} when another request with its key is still running, or its state forbids it.
   * @throws {@link CommonError} as every operation: of these, `outcome` says whether something happened.
   * @example
   * ```ts
   * const number = await aywa.phoneNumbers.create(
   *   { provider: "byo-phone-number", number: "+14155550123", credentialId },
   *   { idempotencyKey: "number-14155550123" }
   * )
   * console.log(number.id)
   * ```
   */
  create: operation({
    method: "POST",
    path: "/phone-number",
    body: inputOf<CreatePhoneNumber>()(newPhoneNumber),
    success: phoneNumber,
    errors: ["ConflictError"]
  }),
  /**
   * Changes a phone number by shallow merge; `{ assistantId }` binds it.
   *
   * @throws {@link NotFound} when it is not there.
   * @throws {@link ConflictError} when another request with its key is still running, or its state forbids it.
   * @throws {@link CommonError} as every operation: of these, `outcome` says whether something happened.
   * @example
   * ```ts
   * await aywa.phoneNumbers.update(id, { assistantId })
   * ```
   */
  update: operation({
    method: "PATCH",
    path: "/phone-number/:id",
    body: inputOf<UpdatePhoneNumber>()(updatePhoneNumber),
    success: phoneNumber,
    errors: ["NotFound", "ConflictError"]
  }),
  /**
   * Releases a phone number and gives back the deleted row (`undefined` when the runtime sends none).
   *
   * @throws {@link NotFound} when it is not there.
   * @throws {@link ConflictError} while something refers to it.
   * @throws {@link CommonError} as every operation: of these, `outcome` says whether something happened.
   * @example
   * ```ts
   * await aywa.phoneNumbers.delete(id)
   * ```
   */
  delete: operation({
    method: "DELETE",
    path: "/phone-number/:id",
    success: gone(phoneNumber),
    errors: ["NotFound", "ConflictError"]
  })
}
