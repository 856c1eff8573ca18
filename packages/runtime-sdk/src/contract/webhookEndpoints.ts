/**
 * Webhook endpoints: where the runtime sends its events.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { codec, ruled } from "../schema/codec.ts"
import { listQuery, oneOf, opt, row, strings } from "./shapes.ts"
import { gone, inputOf, operation, page } from "./table.ts"
import type { Input, JsonObject, Open } from "./Operation.ts"
import type { ServerMessageName } from "./selectors.ts"
import type { Row } from "./shared.ts"

/**
 * Whose events an endpoint gets; any string is accepted on reads.
 *
 * @since 0.1.0
 * @category models
 */
export type WebhookScope = Open<"account" | "assistant" | "phone-number" | "tool">

/**
 * The fields that a create or an update may set.
 *
 * @since 0.1.0
 * @category models
 */
export interface WebhookEndpointFields {
  /** Absolute http or https address. */
  readonly url?: string | null
  /** Whose events it gets. */
  readonly scope?: WebhookScope | null
  /** Id of the assistant, phone number or tool; for every scope but `account`. */
  readonly targetId?: string | null
  /** Event types; absent or `null` means the runtime's default selection. */
  readonly events?: ReadonlyArray<ServerMessageName> | null
  /** Whether it gets any; `true` when absent. */
  readonly enabled?: boolean | null
}

/**
 * A webhook endpoint as the runtime stores it.
 *
 * @since 0.1.0
 * @category models
 */
export interface WebhookEndpoint extends Row, WebhookEndpointFields, JsonObject {
  /** Absolute http or https address. */
  readonly url: string
}

/**
 * Fields of a new webhook endpoint.
 *
 * @since 0.1.0
 * @category models
 */
export interface NewWebhookEndpoint extends WebhookEndpointFields {
  /** Absolute http or https address, `https` in production. */
  readonly url: string
  /** Whose events it gets. */
  readonly scope: WebhookScope
}

/**
 * Body of `webhookEndpoints.create`.
 *
 * @since 0.1.0
 * @category models
 */
export interface CreateWebhookEndpoint extends Input<NewWebhookEndpoint> {}

/**
 * Body of `webhookEndpoints.update`: a shallow merge.
 *
 * @since 0.1.0
 * @category models
 */
export interface UpdateWebhookEndpoint extends Input<WebhookEndpointFields> {}

const fields = {
  url: opt(Schema.String),
  scope: opt(Schema.String),
  targetId: opt(Schema.String),
  events: opt(strings),
  enabled: opt(Schema.Boolean)
}

const webhookEndpoint = codec<WebhookEndpoint>()(Schema.Struct({ ...row, ...fields, url: Schema.String }))

const newWebhookEndpoint = ruled(
  codec<NewWebhookEndpoint>()(
    Schema.Struct({
      ...fields,
      url: Schema.String.check(
        Schema.isPattern(/^https?:\/\/[^\s/?#]+\S*$/i, { expected: "an absolute http or https address" })
      ),
      scope: oneOf("account", "assistant", "phone-number", "tool")
    })
  ),
  ({ scope, targetId }) =>
    typeof scope === "string" && scope !== "account" && !targetId
      ? [{ path: ["targetId"], issue: `Missing: an endpoint of scope ${scope} needs it` }]
      : []
)

const updateWebhookEndpoint = codec<WebhookEndpointFields>()(Schema.Struct(fields))

/**
 * The webhook endpoint operations of the contract.
 *
 * @since 0.1.0
 * @category contract
 */
export const webhookEndpoints = {
  /**
   * Lists webhook endpoints, newest first.
   *
   * Await it for one page, or iterate: `for await` fetches each further page as it is reached.
   *
   * @throws {@link CommonError} as every operation: of these, `outcome` says whether something happened.
   * @example
   * ```ts
   * for await (const endpoint of aywa.webhookEndpoints.list()) console.log(endpoint.url, endpoint.enabled)
   * ```
   */
  list: operation({ method: "GET", path: "/webhook-endpoint", query: listQuery, success: page(webhookEndpoint) }),
  /**
   * Reads one webhook endpoint.
   *
   * @throws {@link NotFound} when it is not there.
   * @throws {@link CommonError} as every operation: of these, `outcome` says whether something happened.
   * @example
   * ```ts
   * const { url, events } = await aywa.webhookEndpoints.get(id)
   * console.log(url, events)
   * ```
   */
  get: operation({ method: "GET", path: "/webhook-endpoint/:id", success: webhookEndpoint, errors: ["NotFound"] }),
  /**
   * Adds a webhook endpoint; one call adds at most one.
   *
   * @throws {@link ConflictError} when another request with its key is still running, or its state forbids it.
   * @throws {@link CommonError} as every operation: of these, `outcome` says whether something happened.
   * @example
   * ```ts
   * const endpoint = await aywa.webhookEndpoints.create({
   *   url: "https://agents.example/webhooks",
   *   scope: "account",
   *   events: ["end-of-call-report", "status-update"],
   *   enabled: true
   * })
   * console.log(endpoint.id)
   * ```
   */
  create: operation({
    method: "POST",
    path: "/webhook-endpoint",
    body: inputOf<CreateWebhookEndpoint>()(newWebhookEndpoint),
    success: webhookEndpoint,
    errors: ["ConflictError"]
  }),
  /**
   * Changes a webhook endpoint by shallow merge; `{ enabled: false }` pauses it.
   *
   * @throws {@link NotFound} when it is not there.
   * @throws {@link ConflictError} when another request with its key is still running, or its state forbids it.
   * @throws {@link CommonError} as every operation: of these, `outcome` says whether something happened.
   * @example
   * ```ts
   * await aywa.webhookEndpoints.update(id, { enabled: false })
   * ```
   */
  update: operation({
    method: "PATCH",
    path: "/webhook-endpoint/:id",
    body: inputOf<UpdateWebhookEndpoint>()(updateWebhookEndpoint),
    success: webhookEndpoint,
    errors: ["NotFound", "ConflictError"]
  }),
  /**
   * Deletes a webhook endpoint and gives back the deleted row (`undefined` when the runtime sends none).
   *
   * @throws {@link NotFound} when it is not there.
   * @throws {@link ConflictError} while something refers to it.
   * @throws {@link CommonError} as every operation: of these, `outcome` says whether something happened.
   * @example
   * ```ts
   * await aywa.webhookEndpoints.delete(id)
   * ```
   */
  delete: operation({
    method: "DELETE",
    path: "/webhook-endpoint/:id",
    success: gone(webhookEndpoint),
    errors: ["NotFound", "ConflictError"]
  })
}
