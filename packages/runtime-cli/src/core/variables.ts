/**
 * The variables of a run as one record, for packages that take one.
 */
import type { Session } from "./session.ts"

/** What `${env:NAME}` may be: the environment's variables, and those of `--env-file`. */
export const variablesOf = ({ settings }: Pick<Session, "settings">): Readonly<Record<string, string | undefined>> =>
  new Proxy<Record<string, string | undefined>>(
    {},
    { get: (_, name) => (typeof name === "string" ? settings.variable(name)?.value : undefined) }
  )
