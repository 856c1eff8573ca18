/**
 * Takes secrets out of texts and causes that came from outside: for packages of this repository, which inline it.
 *
 * @internal
 */
export { Secrets } from "./call/redact.ts"
export { redactCause } from "./call/redactCause.ts"
