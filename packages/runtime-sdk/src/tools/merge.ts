/**
 * Two JSON Schemas of the same value in one: what holds when both do.
 */
type Node = Readonly<Record<string, unknown>>

/** A list, or an empty one for what is none. */
export const listOf = (value: unknown): ReadonlyArray<unknown> => (Array.isArray(value) ? value : [])

/** What the second says otherwise, and one keyword cannot say of both, stands in `allOf` of the result. */
export const both = (a: Node, b: Node): Node => {
  const whole: Record<string, unknown> = { ...b, ...a }
  const rest: Array<unknown> = []
  for (const [name, right] of Object.entries(b)) {
    const left = a[name]
    if (name === "properties" || left === undefined || left === right) continue
    if (name === "required" || name === "allOf") whole[name] = [left, right].flat()
    else if (name === "type") whole[name] = commonTypes([left].flat(), [right].flat())
    else if (/^(items|additionalProperties)$/.test(name)) whole[name] = { allOf: [left, right] }
    else rest.push({ [name]: right })
  }
  if (whole["properties"] !== undefined) whole["properties"] = commonFields([a, b])
  return rest.length > 0 ? { ...whole, allOf: [...listOf(whole["allOf"]), ...rest] } : whole
}

const commonTypes = (left: ReadonlyArray<unknown>, right: ReadonlyArray<unknown>): ReadonlyArray<unknown> =>
  left.flatMap((type) =>
    right
      .filter((other) => other === type || /^(number|integer){2}$/.test(`${type}${other}`))
      .map((other) => (other === "number" ? type : other))
  )

const commonFields = (nodes: ReadonlyArray<Node>): Node =>
  Object.fromEntries(
    nodes.flatMap(({ properties }) =>
      Object.keys(Object(properties)).map((name) => {
        // A field that only one of them names is one of the others for the other.
        const parts = nodes.map((node) => {
          const fields = Object(node["properties"])
          return Object.hasOwn(fields, name) ? fields[name] : (node["additionalProperties"] ?? true)
        })
        return [name, { allOf: parts }]
      })
    )
  )
