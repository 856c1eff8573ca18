/** Pages of one long list, made from rows that are serialised once: only a page's last row and its cursor differ. */
import { assistant, customer, header } from "./answers.ts"

/** Rows of the whole list. */
export const listLength = 300_000

const heads = new Map<string, Buffer>()

const headOf = (key: string, open: string, row: (i: number) => unknown, limit: number): Buffer => {
  let head = heads.get(key)
  if (head === undefined) {
    head = Buffer.from(open + Array.from({ length: limit - 1 }, (_, i) => `${JSON.stringify(row(i))},`).join(""))
    heads.set(key, head)
  }
  return head
}

/** Answers a list request: `cursor` or `starting_after` ends in the number of the page before. */
export const page = (target: string): Buffer => {
  const query = new URL(target, "http://localhost").searchParams
  const stripe = target.startsWith("/v1/")
  const limit = Number(query.get("limit") ?? 100)
  const before = /(\d+)$/.exec(query.get(stripe ? "starting_after" : "cursor") ?? "")?.[1]
  const number = before === undefined ? 1 : Number(before) + 1
  const more = number * limit < listLength
  const last = stripe ? { ...customer(0), id: `cus_${number}` } : assistant(number)
  const head = stripe
    ? headOf(`stripe ${limit}`, `{"object":"list","url":"/v1/customers","data":[`, customer, limit)
    : headOf(`ours ${limit}`, `{"items":[`, assistant, limit)
  const tail = stripe ? `],"has_more":${more}}` : more ? `],"nextCursor":"p${number}"}` : `]}`
  const end = Buffer.from(JSON.stringify(last) + tail)
  return Buffer.concat([header("200 OK", head.length + end.length), head, end])
}
