/**
 * Credentials: what the runtime needs to reach carriers, model providers and your servers. Secrets go in and never
 * come out: a read leaves them out or masks them.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { codec, ruled, viewOf } from "../schema/codec.ts"
import { missingFields } from "./bodyRules.ts"
import { between, listQuery, object, oneOf, opt, row, within } from "./shapes.ts"
import { gone, inputOf, operation, page } from "./table.ts"
import type { Input, JsonObject, Open, Secret } from "./Operation.ts"
import type { Row } from "./shared.ts"

/**
 * Credential providers known today; any string is accepted.
 *
 * @since 0.1.0
 * @category models
 */
export type CredentialProvider = Open<
  | "11labs"
  | "anthropic"
  | "anthropic-bedrock"
  | "assembly-ai"
  | "azure"
  | "azure-openai"
  | "byo-sip-trunk"
  | "cartesia"
  | "cerebras"
  | "cloudflare"
  | "custom-credential"
  | "custom-llm"
  | "deep-seek"
  | "deepgram"
  | "deepinfra"
  | "gcp"
  | "gladia"
  | "google"
  | "groq"
  | "hume"
  | "langfuse"
  | "lmnt"
  | "make"
  | "mistral"
  | "neuphonic"
  | "openai"
  | "openrouter"
  | "perplexity-ai"
  | "playht"
  | "rime-ai"
  | "runpod"
  | "s3"
  | "slack.oauth2-authorization"
  | "smallest-ai"
  | "speechmatics"
  | "supabase"
  | "tavus"
  | "telnyx"
  | "together-ai"
  | "trieve"
  | "twilio"
  | "vonage"
  | "webhook"
  | "xai"
>

/**
 * How the runtime proves itself to a server of yours. What applies depends on `type`.
 *
 * @since 0.1.0
 * @category models
 */
export interface AuthenticationPlan extends JsonObject {
  readonly type: Open<"bearer" | "oauth2" | "hmac">
  /** For `bearer`; masked on reads. */
  readonly token?: string | null
  /** For `bearer`; the default is `Authorization`. */
  readonly headerName?: string | null
  readonly bearerPrefixEnabled?: boolean | null
  /** For `oauth2`: where a token is asked for. */
  readonly url?: string | null
  readonly clientId?: string | null
  /** For `oauth2`; masked on reads. */
  readonly clientSecret?: string | null
  readonly scope?: string | null
  /** For `hmac`; masked on reads. */
  readonly secretKey?: string | null
  readonly algorithm?: Open<"sha256" | "sha512" | "sha1"> | null
  readonly signatureHeader?: string | null
  readonly timestampHeader?: string | null
  readonly signaturePrefix?: string | null
  readonly includeTimestamp?: boolean | null
  readonly payloadFormat?: string | null
  readonly messageIdHeader?: string | null
  readonly signatureEncoding?: Open<"hex" | "base64"> | null
  readonly secretIsBase64?: boolean | null
}

/**
 * An authentication plan on its way to the runtime: secrets may be wrapped.
 *
 * @since 0.1.0
 * @category models
 */
export interface NewAuthenticationPlan extends Input<AuthenticationPlan> {}

/**
 * One gateway of a SIP trunk.
 *
 * @since 0.1.0
 * @category models
 */
export interface SipGateway extends JsonObject {
  /** An IPv4 address for inbound calls; a host name will do for outbound ones. */
  readonly ip: string
  /** 1 to 65535; the runtime's default is 5060. */
  readonly port?: number | null
  /** 24 to 32; the runtime's default is 32. */
  readonly netmask?: number | null
  readonly inboundEnabled?: boolean | null
  readonly outboundEnabled?: boolean | null
  readonly outboundProtocol?: Open<"udp" | "tcp" | "tls" | "tls/srtp"> | null
  readonly optionsPingEnabled?: boolean | null
}

/**
 * How the runtime signs in at a SIP trunk.
 *
 * @since 0.1.0
 * @category models
 */
export interface SipAuthenticationPlan extends JsonObject {
  readonly authUsername?: string | null
  /** Masked on reads. */
  readonly authPassword?: string | null
  readonly sipRegisterPlan?: JsonObject | null
}

/**
 * Fields of a credential. There are more than fifty providers: keys that are not named here are kept as they came.
 *
 * @since 0.1.0
 * @category models
 */
export interface CredentialFields extends JsonObject {
  /** 1 to 40 characters. */
  readonly name?: string | null
  /** For model, voice and transcriber providers, and `vonage`. */
  readonly apiKey?: string | null
  /** For `vonage`, and `twilio` together with `apiKey`. */
  readonly apiSecret?: string | null
  /** For `twilio`. */
  readonly accountSid?: string | null
  /** For `twilio`. */
  readonly authToken?: string | null
  /** For `webhook` and `custom-credential`. */
  readonly authenticationPlan?: AuthenticationPlan | null
  /** For `byo-sip-trunk`. */
  readonly gateways?: ReadonlyArray<SipGateway> | null
  /** For `byo-sip-trunk`. */
  readonly outboundAuthenticationPlan?: SipAuthenticationPlan | null
  /** For `byo-sip-trunk`. */
  readonly outboundLeadingPlusEnabled?: boolean | null
  /** For `byo-sip-trunk`. */
  readonly techPrefix?: string | null
}

/**
 * A credential as the runtime tells it: without its secrets, or with a mask in their place.
 *
 * @since 0.1.0
 * @category models
 */
export interface Credential extends Row, CredentialFields {
  /** Absent only on some SIP trunks. */
  readonly provider?: CredentialProvider | null
}

/**
 * Fields of a new credential.
 *
 * @since 0.1.0
 * @category models
 */
export interface NewCredential extends CredentialFields {
  readonly provider: CredentialProvider
}

/**
 * Secrets of a credential, as they may be given.
 *
 * @since 0.1.0
 * @category models
 */
export interface CredentialInput {
  /** 1 to 40 characters. */
  readonly name?: string | null | undefined
  /** For model, voice and transcriber providers, and `vonage`. */
  readonly apiKey?: Secret | null | undefined
  /** For `vonage`, and `twilio` together with `apiKey`. */
  readonly apiSecret?: Secret | null | undefined
  /** For `twilio`. */
  readonly accountSid?: string | null | undefined
  /** For `twilio`. */
  readonly authToken?: Secret | null | undefined
  /** For `webhook` and `custom-credential`. */
  readonly authenticationPlan?: NewAuthenticationPlan | null | undefined
  /** For `byo-sip-trunk`. */
  readonly gateways?: ReadonlyArray<SipGateway> | null | undefined
  /** For `byo-sip-trunk`. */
  readonly outboundAuthenticationPlan?: Input<SipAuthenticationPlan> | null | undefined
  readonly [field: string]: unknown
}

/**
 * Body of `credentials.create`. Secrets may be given as `Redacted`. Fields of other providers are sent as they are; a
 * secret among them may be wrapped too.
 *
 * @since 0.1.0
 * @category models
 */
export interface CreateCredential extends CredentialInput {
  readonly provider: CredentialProvider
}

/**
 * Body of `credentials.update`: a shallow merge. An absent key keeps, a present key replaces the **whole** value,
 * `null` clears. A mask that was read may be written back: it leaves the secret as it is.
 *
 * @since 0.1.0
 * @category models
 */
export interface UpdateCredential extends CredentialInput {
  readonly provider?: CredentialProvider | undefined
}

const planFields = {
  type: Schema.String,
  token: opt(Schema.String),
  headerName: opt(Schema.String),
  bearerPrefixEnabled: opt(Schema.Boolean),
  url: opt(Schema.String),
  clientId: opt(Schema.String),
  clientSecret: opt(Schema.String),
  scope: opt(Schema.String),
  secretKey: opt(Schema.String),
  algorithm: opt(Schema.String),
  signatureHeader: opt(Schema.String),
  timestampHeader: opt(Schema.String),
  signaturePrefix: opt(Schema.String),
  includeTimestamp: opt(Schema.Boolean),
  payloadFormat: opt(Schema.String),
  messageIdHeader: opt(Schema.String),
  signatureEncoding: opt(Schema.String),
  secretIsBase64: opt(Schema.Boolean)
}

const plan = codec<AuthenticationPlan>()(Schema.Struct(planFields))

const gatewayFields = {
  ip: Schema.String,
  port: opt(Schema.Finite),
  netmask: opt(Schema.Finite),
  inboundEnabled: opt(Schema.Boolean),
  outboundEnabled: opt(Schema.Boolean),
  outboundProtocol: opt(Schema.String),
  optionsPingEnabled: opt(Schema.Boolean)
}

const fields = {
  name: opt(Schema.String),
  apiKey: opt(Schema.String),
  apiSecret: opt(Schema.String),
  accountSid: opt(Schema.String),
  authToken: opt(Schema.String),
  authenticationPlan: opt(plan),
  gateways: opt(Schema.Array(codec<SipGateway>()(Schema.Struct(gatewayFields)))),
  outboundAuthenticationPlan: opt(
    codec<SipAuthenticationPlan>()(
      Schema.Struct({
        authUsername: opt(Schema.String),
        authPassword: opt(Schema.String),
        sipRegisterPlan: opt(object)
      })
    )
  ),
  outboundLeadingPlusEnabled: opt(Schema.Boolean),
  techPrefix: opt(Schema.String)
}

const credential = codec<Credential>()(Schema.Struct({ ...row, ...fields, provider: opt(Schema.String) }))

const required: { readonly [provider: string]: ReadonlyArray<string> } = {
  "byo-sip-trunk": ["gateways"],
  twilio: ["accountSid"],
  vonage: ["apiKey", "apiSecret"],
  webhook: ["authenticationPlan"],
  "custom-credential": ["authenticationPlan"]
}

const planNeeds: { readonly [type: string]: ReadonlyArray<string> } = {
  bearer: ["token"],
  oauth2: ["url", "clientId", "clientSecret"],
  hmac: ["secretKey", "algorithm"]
}

const newCredential = ruled(
  codec<NewCredential>()(
    Schema.Struct({
      ...fields,
      provider: Schema.String.check(Schema.isMinLength(1)),
      name: opt(between(1, 40)),
      authenticationPlan: opt(
        codec<AuthenticationPlan>()(Schema.Struct({ ...planFields, algorithm: opt(oneOf("sha256", "sha512", "sha1")) }))
      ),
      gateways: opt(
        Schema.Array(
          codec<SipGateway>()(
            Schema.Struct({ ...gatewayFields, port: opt(within(1, 65_535)), netmask: opt(within(24, 32)) })
          )
        )
      )
    })
  ),
  (body) => {
    const plan = viewOf<AuthenticationPlan>(body.authenticationPlan)
    const { provider } = body
    return [
      ...missingFields(body, required, provider, "a credential of provider"),
      ...(provider === "twilio" && !body.authToken && !(body.apiKey && body.apiSecret)
        ? [{ path: ["authToken"], issue: "Missing: give it, or apiKey with apiSecret" }]
        : []),
      ...missingFields(plan, planNeeds, plan.type, "an authentication plan of type", ["authenticationPlan"])
    ]
  }
)

const updateCredential = codec<CredentialFields & { readonly provider?: CredentialProvider }>()(
  Schema.Struct({ ...fields, provider: Schema.optionalKey(Schema.String) })
)

/**
 * The credential operations of the contract.
 *
 * @since 0.1.0
 * @category contract
 */
export const credentials = {
  /** Lists credentials, newest first, without their secrets. */
  list: operation({ method: "GET", path: "/credential", query: listQuery, success: page(credential) }),
  /** Reads one credential, without its secrets. */
  get: operation({ method: "GET", path: "/credential/:id", success: credential, errors: ["NotFound"] }),
  /**
   * Stores a credential. One call stores at most one: it carries an idempotency key, yours or a generated one, on
   * every attempt.
   */
  create: operation({
    method: "POST",
    path: "/credential",
    body: inputOf<CreateCredential>()(newCredential),
    success: credential,
    errors: ["ConflictError"]
  }),
  /** Changes a credential by shallow merge: a plan is replaced whole. */
  update: operation({
    method: "PATCH",
    path: "/credential/:id",
    body: inputOf<UpdateCredential>()(updateCredential),
    success: credential,
    errors: ["NotFound", "ConflictError"]
  }),
  /** Deletes a credential and gives back the deleted row (`undefined` when the runtime sends none). Fails with a ConflictError while something pins it. */
  delete: operation({
    method: "DELETE",
    path: "/credential/:id",
    success: gone(credential),
    errors: ["NotFound", "ConflictError"]
  })
}
