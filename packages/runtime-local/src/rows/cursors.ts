/**
 * Cursors that say nothing: a place in a list, encrypted for the list that it belongs to.
 *
 * The place has the number that the database gave a row, and that counts the rows of all organizations: in the open it
 * would tell each of them how much the others write.
 */
import * as crypto from "node:crypto"
import type { Store } from "../store/Store.ts"

/** The last row of a page. */
export interface Place {
  /** Epoch milliseconds. */
  readonly createdAt: number
  readonly seq: number
}

/** Writes a place as a cursor of a list. */
export const encodeCursor = (store: Store, list: string, { createdAt, seq }: Place): string => {
  const block = Buffer.alloc(16)
  block.writeUIntBE(createdAt, 0, 6)
  block.writeUIntBE(seq, 6, 6)
  // One block without repetition needs no more than the cipher itself; the four zeros at its end are the proof.
  const cipher = crypto.createCipheriv("aes-128-ecb", keyOf(store, list), null).setAutoPadding(false)
  return Buffer.concat([cipher.update(block), cipher.final()]).toString("base64url")
}

/** Reads a cursor; `undefined` for one of another list, or for none at all. */
export const decodeCursor = (store: Store, list: string, text: string): Place | undefined => {
  const bytes = Buffer.from(text, "base64url")
  if (bytes.length !== 16 || bytes.toString("base64url") !== text) return undefined
  const decipher = crypto.createDecipheriv("aes-128-ecb", keyOf(store, list), null).setAutoPadding(false)
  const block = Buffer.concat([decipher.update(bytes), decipher.final()])
  return block.readUInt32BE(12) === 0 ? { createdAt: block.readUIntBE(0, 6), seq: block.readUIntBE(6, 6) } : undefined
}

const keys = new WeakMap<Store, Uint8Array>()

const keyOf = (store: Store, list: string): Buffer => {
  const key = keys.get(store) ?? storedKey(store)
  keys.set(store, key)
  return crypto.createHmac("sha256", key).update(list).digest().subarray(0, 16)
}

/** Kept in the database: cursors stay good over a restart. */
const storedKey = (store: Store): Uint8Array => {
  store.run("INSERT OR IGNORE INTO cursor_key (id, key) VALUES (1, ?)", crypto.randomBytes(32))
  const stored = store.get<{ key: Uint8Array }>("SELECT key FROM cursor_key WHERE id = 1")
  if (stored === undefined) throw new Error("The key of the cursors is missing")
  return stored.key
}
