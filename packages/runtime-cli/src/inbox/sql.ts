/**
 * `inbox sql`.
 */
import { inboxTables, type TablesOptions } from "@aywa-ai/runtime-sdk/inbox"
import type { Session } from "../core/session.ts"

/** Prints it. */
export const sql = async (input: TablesOptions, { out }: Session): Promise<void> => out.raw(inboxTables(input))
