/**
 * Lends PGlites: one to each connection to a socket, cleared when that ends. Only as many are started as are in use at once.
 * The process that started this one ends it by disconnecting.
 */
import { PGlite } from "@electric-sql/pglite"
import { rmSync } from "node:fs"
import { createServer, type Socket } from "node:net"
import { type Answer, frames, isQuestion, send } from "./pgliteWire.ts"

/** Those that nobody has, some of them still being cleared. */
const free: Array<Promise<PGlite>> = []

const names = async (database: PGlite, sql: string): Promise<ReadonlyArray<string>> =>
  (await database.query<{ readonly name: string }>(sql)).rows.map(({ name }) => name)

/** As it was when it was new: what was made, who was made, and what was said about rights on things to come. */
const clear = async (database: PGlite): Promise<void> => {
  await database.exec("ROLLBACK; RESET SESSION AUTHORIZATION; DISCARD ALL")
  const schemas = await names(
    database,
    "SELECT quote_ident(nspname) AS name FROM pg_namespace WHERE nspname <> 'information_schema' AND left(nspname, 3) <> 'pg_'"
  )
  for (const schema of schemas) await database.exec(`DROP SCHEMA ${schema} CASCADE`)
  const roles = await names(
    database,
    "SELECT quote_ident(rolname) AS name FROM pg_roles WHERE rolname <> 'postgres' AND left(rolname, 3) <> 'pg_'"
  )
  for (const role of roles) await database.exec(`DROP OWNED BY ${role}; DROP ROLE ${role}`)
  await database.exec("DELETE FROM pg_default_acl; DELETE FROM pg_db_role_setting; CREATE SCHEMA public")
}

/** The same one, or another where it could not be cleared. */
const cleared = async (database: PGlite): Promise<PGlite> => {
  try {
    await clear(database)
    return database
  } catch {
    await database.close()
    return PGlite.create()
  }
}

const answerTo = async (database: PGlite, question: unknown): Promise<Answer> => {
  try {
    if (!isQuestion(question)) throw new Error("this is no question")
    const { sql, parameters } = question
    if (parameters === undefined) return { given: await database.exec(sql) }
    const { rows, affectedRows } = await database.query(sql, [...parameters])
    return { given: { rows, affectedRows } }
  } catch (error) {
    if (!(error instanceof Error)) return { message: String(error), fields: {} }
    const fields = Object.entries(error).filter(([, value]) => typeof value === "string")
    return { message: error.message, fields: Object.fromEntries(fields) }
  }
}

const serve = async (socket: Socket): Promise<void> => {
  const database = await (free.pop() ?? PGlite.create())
  try {
    for await (const question of frames(socket)) send(socket, await answerTo(database, question))
  } catch {
    // The worker is gone in the middle of a question.
  }
  free.push(cleared(database))
}

const path = process.argv[2] ?? ""
const server = createServer((socket) => {
  socket.on("error", () => undefined)
  void serve(socket)
})
server.listen(path, () => process.send?.("listening"))
process.on("disconnect", () => {
  rmSync(path, { force: true })
  process.exit()
})
