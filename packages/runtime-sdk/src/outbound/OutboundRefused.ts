/**
 * The one error of the outbound policy.
 *
 * @since 0.1.0
 */

const TypeId: unique symbol = Symbol.for("@aywa-ai/runtime-sdk/OutboundRefused") as never

/**
 * Why a URL may not be called. Switch on `_tag`.
 *
 * **Details**
 *
 * - `InvalidUrl`: not an absolute URL.
 * - `Scheme`: neither http nor https.
 * - `Credentials`: a user name or password in the URL.
 * - `LocalName`: the name stands for this machine or its network (`localhost`, `*.internal`, `*.local`).
 * - `ClosedAddress`: the host is, or resolves to, a private, link-local or reserved address.
 * - `Unresolved`: the name could not be resolved. The one reason that may pass by itself.
 * - `HostNotAllowed`: a host that a model chose, and that no allow-list names.
 * - `TargetNotAllowed`: development mode, and the target is neither loopback nor listed.
 * - `EscapeHatch`: `allowPrivateNetwork` was asked for in production mode.
 *
 * @since 0.1.0
 * @category errors
 */
export type OutboundRefusal =
  | { readonly _tag: "InvalidUrl" }
  | { readonly _tag: "Scheme"; readonly scheme: string }
  | { readonly _tag: "Credentials"; readonly host: string }
  | { readonly _tag: "LocalName"; readonly host: string }
  | { readonly _tag: "ClosedAddress"; readonly host: string; readonly address: string; readonly range: string }
  | { readonly _tag: "Unresolved"; readonly host: string; readonly code: string }
  | { readonly _tag: "HostNotAllowed"; readonly host: string }
  | { readonly _tag: "TargetNotAllowed"; readonly host: string }
  | { readonly _tag: "EscapeHatch" }

const describe = (reason: OutboundRefusal): string => {
  switch (reason._tag) {
    case "InvalidUrl":
      return "The target is not an absolute URL. Write it as https://host/path."
    case "Scheme":
      return `The target's scheme ${reason.scheme} is not http or https.`
    case "Credentials":
      return `The URL of ${reason.host} contains a user name or password. Put credentials into a header or a credential.`
    case "LocalName":
      return `${reason.host} is a name for this machine or its own network. Use a public address.`
    case "ClosedAddress": {
      const where = reason.host === reason.address ? reason.host : `${reason.host} resolves to ${reason.address}, which`
      return `${where} is in a closed range (${reason.range}). Use a public address.`
    }
    case "Unresolved":
      return `${reason.host} could not be resolved (${reason.code}). Check the name, and the DNS of this machine.`
    case "HostNotAllowed":
      return `${reason.host} was chosen by a model and is not listed. Add it to TOOL_API_REQUEST_ALLOWED_HOSTS if it is wanted.`
    case "TargetNotAllowed":
      return `${reason.host} is not loopback: in development mode list it in allowTargets if something may be sent there.`
    case "EscapeHatch":
      return "allowPrivateNetwork is refused in production mode. Take it out, or use development mode."
  }
}

/**
 * Why `OutboundPolicy.check` refused a URL: the only error that it rejects with.
 *
 * **Details**
 *
 * Neither `message` nor `reason` carries more of the URL than its host. `instanceof` looks at a brand and so
 * recognises the error of another bundled copy of this package.
 *
 * @since 0.1.0
 * @category errors
 */
export class OutboundRefused extends Error {
  readonly _tag = "OutboundRefused"
  readonly reason: OutboundRefusal

  constructor(reason: OutboundRefusal) {
    super(describe(reason))
    this.name = this._tag
    this.reason = reason
    Object.defineProperty(this, TypeId, { value: true })
  }

  toJSON(): object {
    return { _tag: this._tag, message: this.message, reason: this.reason }
  }

  static override [Symbol.hasInstance](value: unknown): value is OutboundRefused {
    return isOutboundRefused(value)
  }
}

/**
 * Whether a value is an `OutboundRefused`, of this or another copy of the package.
 *
 * @since 0.1.0
 * @category guards
 */
export const isOutboundRefused = (value: unknown): value is OutboundRefused =>
  typeof value === "object" && value !== null && TypeId in value
