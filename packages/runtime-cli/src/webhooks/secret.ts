/**
 * `webhooks secret`: a new webhook secret, and the `whsec_` form of one that is there.
 */
import { convertWebhookSecret, generateWebhookSecret } from "@aywa-ai/runtime-sdk/webhooks"
import * as Redacted from "effect/Redacted"
import { usage } from "../core/failure.ts"
import { readAll } from "../core/input.ts"
import type { Session } from "../core/session.ts"
import { variables } from "../core/settings.ts"

/** Prints a new secret, and nothing else. */
export const generate = async ({ out }: Session): Promise<void> => {
  const secret = generateWebhookSecret()
  out.raw(secret, { secret })
}

/** Prints the `whsec_` form of the secret from stdin or from the environment. */
export const convert = async (session: Session): Promise<void> => {
  const secret = convertWebhookSecret(await secretOf(session))
  session.out.raw(secret, { secret })
}

const secretOf = async ({ settings }: Session): Promise<string> => {
  if (!process.stdin.isTTY) {
    const secret = (await readAll()).replace(/\r?\n$/, "")
    if (secret !== "") return secret
  }
  return webhookSecret(settings)
}

/** The secret of the environment or of the env file. Never an argument: those are visible to other processes. */
export const webhookSecret = (settings: Session["settings"]): string => {
  if (settings.webhookSecret !== undefined) return Redacted.value(settings.webhookSecret.value)
  throw usage(
    "There is no webhook secret.",
    `Set ${variables.webhookSecret}, or give a file that has it with --env-file.`
  )
}
