/**
 * The mapping of a plan as one number, which a database can compute of its mapping table as well.
 */
import { createHash } from "node:crypto"
import type { SqlPlan } from "./plan.ts"

/** Rows of the mapping per digest: databases bound the length of a text that they put together. */
export const partRows = 1000

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex")

/**
 * A digest over the digests of each thousand rows, in the order of their bytes. The kind ends a row: ids have no spaces,
 * and kinds no line breaks.
 */
export const mappingDigest = ({ sets }: SqlPlan): string => {
  const rows = sets.flatMap(({ name, entries }) =>
    entries.map(({ source, target, temporary, again }) => ({
      order: Buffer.from(`${name}\n${source}`),
      line: `${source} ${target} ${temporary} ${again ? 1 : 0} ${name}`
    }))
  )
  rows.sort((a, b) => Buffer.compare(a.order, b.order))
  let parts = ""
  for (let at = 0; at < rows.length; at += partRows) {
    const part = rows.slice(at, at + partRows)
    parts += sha256(part.map(({ line }) => line).join("\n"))
  }
  return sha256(parts)
}
