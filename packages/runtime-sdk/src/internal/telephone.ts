/**
 * Checks of telephone numbers in request bodies.
 */
const e164 = /^\+[1-9]\d{1,14}$/
const anyNumber = /^\+?[a-zA-Z0-9]+$/

interface FilterIssue {
  readonly path: ReadonlyArray<string>
  readonly issue: string
}

/** What is wrong with `number`: E.164 unless `numberE164CheckEnabled` is `false`, letters and digits otherwise. */
export const numberIssues = (
  body: { readonly number?: unknown; readonly numberE164CheckEnabled?: unknown },
  required = false
): Array<FilterIssue> => {
  const { number } = body
  if (number === undefined || number === null) {
    return required ? [{ path: ["number"], issue: "Missing: the destination needs a number" }] : []
  }
  if (typeof number !== "string") return [{ path: ["number"], issue: "Expected a string" }]
  if (body.numberE164CheckEnabled !== false && !e164.test(number)) {
    return [{ path: ["number"], issue: "Expected E.164 such as +14155550123 (or set numberE164CheckEnabled to false)" }]
  }
  return anyNumber.test(number)
    ? []
    : [{ path: ["number"], issue: "Expected letters and digits with an optional leading +" }]
}
