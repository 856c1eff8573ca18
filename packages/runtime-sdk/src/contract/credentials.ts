/**
 * Credentials: what the runtime needs to reach carriers, model providers and your servers. Secrets go in and never
 * come out: a read leaves them out or masks them.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { codec, described, ruled, viewOf } from "../schema/codec.ts"
import { missingFields } from "./bodyRules.ts"
import { between, listQuery, object, oneOf, opt, row, within } from "./shapes.ts"
import { gone, inputOf, operation, page, omittingMasks } from "./table.ts"
import type { Input, JsonObject, Open } from "./Operation.ts"
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
  /** A token, OAuth 2 client credentials, or a signature. */
  readonly type: Open<"bearer" | "oauth2" | "hmac">
  /** For `bearer`, which needs it: the token. Masked on reads. */
  readonly token?: string | null
  /** For `bearer`: the header that carries it; the default is `Authorization`. */
  readonly headerName?: string | null
  /** For `bearer`: whether `Bearer ` stands before the token; `true` when absent. */
  readonly bearerPrefixEnabled?: boolean | null
  /** For `oauth2`, which needs it: where a token is asked for. */
  readonly url?: string | null
  /** For `oauth2`, which needs it. */
  readonly clientId?: string | null
  /** For `oauth2`, which needs it. Masked on reads. */
  readonly clientSecret?: string | null
  /** For `oauth2`: what the token is for, such as `"read write"`. */
  readonly scope?: string | null
  /** For `hmac`, which needs it: the shared secret. Masked on reads. */
  readonly secretKey?: string | null
  /** For `hmac`, which needs it. */
  readonly algorithm?: Open<"sha256" | "sha512" | "sha1"> | null
  /** For `hmac`: the header of the signature; the default is `x-signature`. */
  readonly signatureHeader?: string | null
  /** For `hmac`: the header of the time; the default is `x-timestamp`. */
  readonly timestampHeader?: string | null
  /** For `hmac`: stands before the signature, such as `"sha256="`. */
  readonly signaturePrefix?: string | null
  /** For `hmac`: whether the time is sent and signed; `true` when absent. */
  readonly includeTimestamp?: boolean | null
  /** For `hmac`: what is signed; the default is `"{timestamp}.{body}"`. */
  readonly payloadFormat?: string | null
  /** For `hmac`: the header of the message id. */
  readonly messageIdHeader?: string | null
  /** For `hmac`: how the signature is written; `hex` when absent. */
  readonly signatureEncoding?: Open<"hex" | "base64"> | null
  /** For `hmac`: whether `secretKey` is base64 of the key. */
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
  /** Whether calls come in through it; `true` when absent. */
  readonly inboundEnabled?: boolean | null
  /** Whether calls go out through it; `true` when absent. */
  readonly outboundEnabled?: boolean | null
  /** How calls go out; `udp` when absent. */
  readonly outboundProtocol?: Open<"udp" | "tcp" | "tls" | "tls/srtp"> | null
  /** Whether it is pinged with SIP OPTIONS. */
  readonly optionsPingEnabled?: boolean | null
}

/**
 * How the runtime signs in at a SIP trunk.
 *
 * @since 0.1.0
 * @category models
 */
export interface SipAuthenticationPlan extends JsonObject {
  /** The user. */
  readonly authUsername?: string | null
  /** The password. Masked on reads. */
  readonly authPassword?: string | null
  /** For trunks that want a registration: `{ domain, username, realm }`. */
  readonly sipRegisterPlan?: JsonObject | null
}

/**
 * Fields of a credential. There are more than fifty providers: what applies depends on `provider`.
 *
 * @since 0.1.0
 * @category models
 */
export interface CredentialFields {
  /** 1 to 40 characters. */
  readonly name?: string | null
  /** For model, voice and transcriber providers, and `vonage`. Write-only. */
  readonly apiKey?: string | null
  /** For `vonage`, and `twilio` together with `apiKey`. Write-only. */
  readonly apiSecret?: string | null
  /** For `twilio`, which needs it: the account, `AC…`. */
  readonly accountSid?: string | null
  /** For `twilio`, unless `apiKey` and `apiSecret` are given. Write-only. */
  readonly authToken?: string | null
  /** For `webhook` and `custom-credential`, which need it. */
  readonly authenticationPlan?: AuthenticationPlan | null
  /** For `byo-sip-trunk`, which needs it: where calls come from and go to. */
  readonly gateways?: ReadonlyArray<SipGateway> | null
  /** For `byo-sip-trunk`: how the runtime signs in for outbound calls. */
  readonly outboundAuthenticationPlan?: SipAuthenticationPlan | null
  /** For `byo-sip-trunk`: whether numbers are dialled with a leading `+`; `false` when absent. */
  readonly outboundLeadingPlusEnabled?: boolean | null
  /** For `byo-sip-trunk`: stands before each dialled number. */
  readonly techPrefix?: string | null
  /** For `byo-sip-trunk`: the SIP Diversion header of outbound calls. */
  readonly sipDiversionHeader?: string | null
  /** For `azure`, `azure-openai`, `s3` and others: where the provider runs, such as `"eastus"`. */
  readonly region?: string | null
  /** For `azure`: what the key is for, `speech` or `blob_storage`. */
  readonly service?: Open<"speech" | "blob_storage"> | null
  /** For `azure-openai`: the deployments, by model name. */
  readonly models?: ReadonlyArray<string> | null
  /** For `azure-openai`: the endpoint of the resource. */
  readonly openAIEndpoint?: string | null
  /** For `azure-openai`: the key. Write-only. */
  readonly openAIKey?: string | null
  /** For `azure-openai` behind API Management: its subscription key. Write-only. */
  readonly ocpApimSubscriptionKey?: string | null
  /** For `custom-llm`, `deepgram`, `runpod` and others: an endpoint of your own. */
  readonly apiUrl?: string | null
  /** For `gcp`: the service account's key, as its JSON. Write-only. */
  readonly gcpKey?: JsonObject | null
  /** For `gcp`, `s3`, `azure`, `cloudflare` and `supabase`: where artifacts are stored. */
  readonly bucketPlan?: JsonObject | null
  /** For `s3`: id of the access key. */
  readonly awsAccessKeyId?: string | null
  /** For `s3`: the access key's secret. Write-only. */
  readonly awsSecretAccessKey?: string | null
  /** For `s3`: name of the bucket. */
  readonly s3BucketName?: string | null
  /** For `s3`: folder in the bucket. */
  readonly s3PathPrefix?: string | null
  /** For `vonage`: the application's private key. Write-only. */
  readonly vonageApplicationPrivateKey?: string | null
  /** For `langfuse`: the public key of the project. */
  readonly publicKey?: string | null
  /** For `cloudflare`: id of the account. */
  readonly accountId?: string | null
  /** For `cloudflare`: the account's e-mail address. */
  readonly accountEmail?: string | null
  /** For `make`: id of the team. */
  readonly teamId?: string | null
  /** For storage: the order in which credentials are tried, lowest first. */
  readonly fallbackIndex?: number | null
}

/**
 * A credential as the runtime tells it: without its secrets, or with a mask in their place.
 *
 * @since 0.1.0
 * @category models
 */
export interface Credential extends Row, CredentialFields, JsonObject {
  /** Whose it is; absent only on some SIP trunks. */
  readonly provider?: CredentialProvider | null
}

/**
 * Fields of a new credential.
 *
 * @since 0.1.0
 * @category models
 */
export interface NewCredential extends CredentialFields {
  /** Whose it is; decides which other fields apply. */
  readonly provider: CredentialProvider
}

/**
 * Body of `credentials.create`. Secrets may be given as `Redacted`. A field of a provider that is not named here goes
 * through `extras`; a secret among them may be wrapped, too.
 *
 * @since 0.1.0
 * @category models
 */
export interface CreateCredential extends Input<NewCredential> {}

/**
 * Body of `credentials.update`: a shallow merge. An absent key keeps, a present key replaces the **whole** value,
 * `null` clears. A row that was read may be written back: a field that holds the mask of a secret, itself or inside, is
 * left out and stays as it is. To change the rest of such a plan, give its secret with it.
 *
 * @since 0.1.0
 * @category models
 */
export interface UpdateCredential extends Input<CredentialFields> {
  /** Whose it is; decides which other fields apply. */
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
  accountId: opt(Schema.String),
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

const credential = described<Credential>()(Schema.Struct({ ...row, ...fields, provider: opt(Schema.String) }))

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
  described<NewCredential>()(
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

const updateCredential = described<CredentialFields & { readonly provider?: CredentialProvider }>()(
  Schema.Struct({ ...fields, provider: Schema.optionalKey(Schema.String) })
)

/**
 * The credential operations of the contract.
 *
 * @since 0.1.0
 * @category contract
 */
export const credentials = {
  /**
   * Lists credentials, newest first, without their secrets.
   *
   * Await it for one page, or iterate: `for await` fetches each further page as it is reached.
   *
   * @throws {@link CommonError} as every operation: of these, `outcome` says whether something happened.
   * @example
   * ```ts
   * for await (const credential of aywa.credentials.list()) console.log(credential.provider, credential.name)
   * ```
   */
  list: operation({ method: "GET", path: "/credential", query: listQuery, success: page(credential) }),
  /**
   * Reads one credential, without its secrets.
   *
   * @throws {@link NotFound} when it is not there.
   * @throws {@link CommonError} as every operation: of these, `outcome` says whether something happened.
   * @example
   * ```ts
   * const { provider, name } = await aywa.credentials.get(id)
   * console.log(provider, name)
   * ```
   */
  get: operation({ method: "GET", path: "/credential/:id", success: credential, errors: ["NotFound"] }),
  /**
   * Stores a credential. One call stores at most one: it carries an idempotency key, yours or a generated one, on
   * every attempt.
   *
   * @throws {@link ConflictError} when another request with its key is still running, or its state forbids it.
   * @throws {@link CommonError} as every operation: of these, `outcome` says whether something happened.
   * @example
   * ```ts
   * const credential = await aywa.credentials.create({
   *   provider: "webhook",
   *   name: "Orders API",
   *   authenticationPlan: { type: "bearer", token: process.env["ORDERS_TOKEN"] ?? "a-token" }
   * })
   * console.log(credential.id)
   * ```
   */
  create: operation({
    method: "POST",
    path: "/credential",
    body: inputOf<CreateCredential>()(newCredential),
    success: credential,
    errors: ["ConflictError"]
  }),
  /**
   * Changes a credential by shallow merge: a plan is replaced whole.
   *
   * @throws {@link NotFound} when it is not there.
   * @throws {@link ConflictError} when another request with its key is still running, or its state forbids it.
   * @throws {@link CommonError} as every operation: of these, `outcome` says whether something happened.
   * @example
   * ```ts
   * await aywa.credentials.update(id, { name: "Orders API, second" })
   * ```
   */
  update: operation({
    method: "PATCH",
    path: "/credential/:id",
    body: omittingMasks(inputOf<UpdateCredential>()(updateCredential)),
    success: credential,
    errors: ["NotFound", "ConflictError"]
  }),
  /**
   * Deletes a credential and gives back the deleted row (`undefined` when the runtime sends none). Fails with a
   * ConflictError while something pins it.
   *
   * @throws {@link NotFound} when it is not there.
   * @throws {@link ConflictError} while something refers to it.
   * @throws {@link CommonError} as every operation: of these, `outcome` says whether something happened.
   * @example
   * ```ts
   * await aywa.credentials.delete(id)
   * ```
   */
  delete: operation({
    method: "DELETE",
    path: "/credential/:id",
    success: gone(credential),
    errors: ["NotFound", "ConflictError"]
  })
}
