/**
 * A secret that is missing or unusable when a receiver is made: every delivery will be refused, so it is told then.
 *
 * @since 0.2.0
 */
import { quietly } from "../../config/callbacks.ts"
import type { WebhookSecrets } from "../secrets.ts"
import { verifyAywaRuntimeWebhook } from "../verify.ts"
import { isWebhookVerificationError } from "../WebhookVerificationError.ts"
import { reportToProcess } from "./report.ts"

const told = new Set<string>()

/**
 * Prints a process warning about a secret that cannot be used, once for each way in which it cannot. Nothing is refused:
 * frameworks load routes while they build, where no secrets are; the build of Next.js, which says that it is one, prints
 * nothing either. A secret that a function or a getter reads is left to the first delivery.
 */
export const noticeSecret = (options: object): void => {
  const secrets: unknown = Object.getOwnPropertyDescriptor(options, "secret")?.value
  const isLate = Object.getOwnPropertyDescriptor(options, "secret")?.get !== undefined
  if (isLate || isBuild() || [secrets].flat().some((secret) => typeof secret === "function")) return
  try {
    // A delivery without anything: whether the secret can be used is found before that.
    verifyAywaRuntimeWebhook({ body: "", headers: {}, secret: secrets as WebhookSecrets })
  } catch (error) {
    if (!isWebhookVerificationError(error) || error.reason._tag !== "InvalidSecret" || told.has(error.message)) return
    told.add(error.message)
    quietly(() => reportToProcess(error))
  }
}

const isBuild = (): boolean =>
  quietly(() => globalThis.process?.env["NEXT_PHASE"] === "phase-production-build") ?? false
