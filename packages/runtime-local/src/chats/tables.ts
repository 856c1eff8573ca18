/**
 * The table of chats: what is left of the script that a conversation follows.
 */
import { dataTable, type Tables } from "../store/Store.ts"

export const chatTables: Tables = {
  sql: `
CREATE TABLE IF NOT EXISTS chat_scripts (
  chat_id TEXT PRIMARY KEY,
  org_id TEXT NOT NULL,
  steps TEXT NOT NULL
) STRICT;
`,
  data: [dataTable("chat_scripts")]
}
