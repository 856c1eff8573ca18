/** A PostgreSQL database of a test's own, with two roles that share its tables. */
import { randomUUID } from "node:crypto"
import { Client } from "pg"

const admin = "postgres://postgres@127.0.0.1:5432/postgres"

/** Runs statements in a session of its own; gives the rows of the last one. */
export const query = async (url: string, ...statements: ReadonlyArray<string>) => {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    let rows: ReadonlyArray<Record<string, unknown>> = []
    for (const statement of statements) rows = (await client.query(statement)).rows
    return rows
  } finally {
    await client.end()
  }
}

/** Settings of a role, such as `{ timezone: "Asia/Tokyo" }`. */
export type Settings = Readonly<Record<string, string>>

const alter = (role: string, settings: Settings) =>
  Object.entries(settings).map(([name, value]) => `ALTER ROLE ${role} SET ${name} = '${value}'`)

/**
 * Makes a database and two roles: the first owns it, the second may do what the first may. Settings hold for sessions
 * that begin later.
 */
export const makeRoles = async (first: Settings, second: Settings) => {
  const name = `aywa_roles_${randomUUID().slice(0, 8)}`
  const roles = [`${name}_a`, `${name}_b`] as const
  await query(
    admin,
    ...roles.map((role) => `CREATE ROLE ${role} LOGIN PASSWORD 'test'`),
    `GRANT ${roles[0]} TO ${roles[1]}`,
    `CREATE DATABASE ${name} OWNER ${roles[0]}`,
    ...alter(roles[0], first),
    ...alter(roles[1], second)
  )
  const urlOf = (role: string) => `postgres://${role}:test@127.0.0.1:5432/${name}`
  return {
    roles,
    /** As the server's administrator, in this database. */
    admin: admin.replace(/postgres$/, name),
    a: urlOf(roles[0]),
    b: urlOf(roles[1]),
    set: (settings: Settings) => query(admin, ...roles.flatMap((role) => alter(role, settings))),
    /** Ends every session of the two roles; their clients connect again. */
    disconnect: () =>
      query(admin, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename IN ('${roles.join("','")}')`),
    remove: () =>
      query(admin, `DROP DATABASE ${name} WITH (FORCE)`, ...roles.toReversed().map((role) => `DROP ROLE ${role}`))
  }
}

export type Roles = Awaited<ReturnType<typeof makeRoles>>
