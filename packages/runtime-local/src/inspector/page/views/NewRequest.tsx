/**
 * An operation of the contract, tried on this runtime: its body is checked while it is written, its answer stands below.
 */
import { useEffect, useState } from "preact/hooks"
import { as, send } from "../model/api.ts"
import { contract, type Operation, operationsOf } from "../model/contract.ts"
import { useRead } from "../model/live.ts"
import { Button, Editor, Facts, Input, Problem, Section, Select } from "../parts/basics.tsx"
import { Fields, useIssues } from "../parts/Contract.tsx"
import { Json } from "../parts/Json.tsx"
import { Detail } from "../parts/Layout.tsx"

/** What came back. */
interface Answer {
  readonly status: number
  readonly type: string
  readonly body: unknown
}

const answerOf = async (response: Response): Promise<Answer> => {
  const type = response.headers.get("content-type") ?? ""
  const body: unknown = type.includes("json") ? await response.json() : await response.text()
  return { status: response.status, type, body }
}

/** What stands in braces. */
const namesIn = (path: string): ReadonlyArray<string> => [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name)

const filled = (path: string, values: Readonly<Record<string, string>>): string =>
  path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? ""))

const useOperations = (): ReadonlyArray<Operation> => {
  const [operations, setOperations] = useState<ReadonlyArray<Operation>>([])
  useEffect(() => void contract().then((document) => setOperations(operationsOf(document))), [])
  return operations
}

export const NewRequest = ({ close }: { readonly close: () => void }) => {
  const operations = useOperations()
  const [id, setId] = useState("assistants.list")
  const operation = operations.find((one) => one.id === id)
  return (
    <Detail title="Try an operation" label="New request" close={close}>
      <div class="form">
        <Select
          label="Operation"
          value={id}
          set={setId}
          options={operations.map((one) => [one.id, `${one.id} (${one.method.toUpperCase()} ${one.path})`])}
        />
      </div>
      {operation !== undefined && <Form key={id} of={operation} />}
    </Detail>
  )
}

const Form = ({ of: { method, path, takesBody } }: { readonly of: Operation }) => {
  const { value: runtime } = useRead<{ readonly organizationId: string }>("runtime")
  const [values, setValues] = useState<Readonly<Record<string, string>>>({})
  const [query, setQuery] = useState("")
  const [key, setKey] = useState("")
  const [text, setText] = useState("{}")
  const [answer, setAnswer] = useState<Answer>()
  const [failure, setFailure] = useState<unknown>()
  const { issues, schema, value } = useIssues(text, method, path)
  const missing = namesIn(path).filter((name) => (values[name] ?? "") === "")
  const run = async () => {
    setAnswer(undefined)
    setFailure(undefined)
    const target = filled(path, values) + (query === "" ? "" : `?${query.replace(/^\?/, "")}`)
    const headers = key === "" ? {} : { "idempotency-key": key }
    const sent = send(method.toUpperCase(), as(runtime?.organizationId, target), takesBody ? value : undefined, headers)
    await sent.then(answerOf).then(setAnswer, setFailure)
  }
  return (
    <>
      <div class="form">
        {namesIn(path).map((name) => (
          <Input label={name} value={values[name] ?? ""} set={(next) => setValues({ ...values, [name]: next })} mono />
        ))}
        {method === "get" && <Input label="Query" value={query} set={setQuery} placeholder="limit=20" mono />}
        {method === "post" && <Input label="Idempotency-Key" value={key} set={setKey} placeholder="none" mono />}
        {takesBody && <Editor label="Body" value={text} set={setText} issues={issues} rows={10} />}
        <div class="row">
          <Button
            kind="primary"
            disabled={runtime === undefined || missing.length > 0 || (takesBody && issues.length > 0)}
            run={run}
          >
            Send
          </Button>
        </div>
      </div>
      <Fields of={schema} />
      <Problem error={failure} />
      {answer !== undefined && (
        <Section title="Answer">
          <Facts
            of={[
              ["Status", answer.status],
              ["Type", answer.type]
            ]}
          />
          <Json value={answer.body} />
        </Section>
      )}
    </>
  )
}
