/**
 * The deployment's signing secrets. A rotation keeps the old one active for a while: every attempt is signed with all
 * secrets that are active at that moment.
 */
import type { Store } from "../store/Store.ts"

/** The secrets of a runtime. */
export interface Secrets {
  /** Newest first. */
  readonly active: () => ReadonlyArray<string>
  /** The newest one. */
  readonly current: () => string
  /** Makes a new secret; the ones before it stay active for `overlap` milliseconds of the runtime's clock. */
  readonly rotate: (options?: { readonly overlap?: number | undefined; readonly secret?: string | undefined }) => string
}

const day = 86_400_000

/** At most so many sign one attempt. */
const most = 10

/** Secrets over a store; `secret` becomes the current one, else the one in the file stays. */
export const makeSecrets = (
  store: Store,
  now: () => number,
  options: { readonly secret: string | undefined; readonly bytes: (size: number) => Buffer }
): Secrets => {
  const make = () => `whsec_${options.bytes(32).toString("base64")}`
  const insert = (secret: string) =>
    store.run("INSERT INTO webhook_secrets (secret, created_at) VALUES (?, ?)", secret, now())
  const active = () =>
    store
      .all<{ secret: string }>(
        "SELECT secret FROM webhook_secrets WHERE expires_at IS NULL OR expires_at > ? ORDER BY seq DESC LIMIT ?",
        now(),
        most
      )
      .map(({ secret }) => secret)
  const rotate: Secrets["rotate"] = ({ overlap = day, secret = make() } = {}) => {
    const until = Math.round(now() + overlap)
    if (!Number.isSafeInteger(until)) throw new TypeError("overlap takes milliseconds")
    store.run("UPDATE webhook_secrets SET expires_at = ? WHERE expires_at IS NULL OR expires_at > ?", until, until)
    insert(secret)
    return secret
  }
  const current = () => active()[0] ?? rotate()
  if (options.secret !== undefined && options.secret !== active()[0]) rotate({ secret: options.secret, overlap: 0 })
  current()
  return { active, current, rotate }
}
