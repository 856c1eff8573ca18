/**
 * A body as the contract knows it: what is wrong with it, and which fields it may have.
 */
import { useEffect, useState } from "preact/hooks"
import { bodySchema, contract, issuesOf, type Schema, shapeOf } from "../model/contract.ts"
import { readJson } from "../model/text.ts"

/** What is wrong with a text as the body of an operation. */
export const useIssues = (text: string, method: string, path: string) => {
  const [schema, setSchema] = useState<{ readonly body: Schema; readonly all: Readonly<Record<string, Schema>> }>()
  useEffect(() => {
    const load = async () => {
      const document = await contract()
      const body = bodySchema(document, method, path)
      if (body !== undefined) setSchema({ body, all: document.components.schemas })
    }
    void load()
  }, [method, path])
  const read = readJson(text)
  const issues =
    "issue" in read ? [read.issue] : schema === undefined ? [] : issuesOf(schema.all, schema.body, read.value)
  return { issues, schema: schema?.body, value: "value" in read ? read.value : undefined }
}

/** The fields that a body may have. */
export const Fields = ({ of: schema }: { readonly of: Schema | undefined }) => {
  const fields = Object.entries(schema?.properties ?? {})
  if (fields.length === 0) return null
  return (
    <details class="fields">
      <summary>Fields of the contract ({fields.length})</summary>
      <dl class="headers">
        {fields.map(([name, field]) => (
          <div>
            <dt>
              {name}
              {schema?.required?.includes(name) ? " *" : ""}
            </dt>
            <dd>{shapeOf(field)}</dd>
          </div>
        ))}
      </dl>
    </details>
  )
}
