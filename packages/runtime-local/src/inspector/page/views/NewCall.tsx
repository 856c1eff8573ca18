/**
 * Ways to a call: one of the gallery, a script of one's own, a call from outside, one that is led by hand.
 */
import { useState } from "preact/hooks"
import { api, type Page, type Row } from "../model/api.ts"
import { useRead } from "../model/live.ts"
import { go, unlessGone } from "../model/route.ts"
import { readJson, textOf } from "../model/text.ts"
import { Button, Editor, Input, Section, Select } from "../parts/basics.tsx"
import { Icon } from "../parts/Icon.tsx"
import { Detail } from "../parts/Layout.tsx"
import type { Catalog } from "./Trigger.tsx"

const sample = `[
  { "user": "Where is my order 4711?" },
  { "tool": "lookupOrder", "arguments": { "orderId": "4711" } },
  { "assistant": "It has shipped." },
  { "user": "Thank you, bye." }
]`

/** What is wrong with steps, as far as it can be seen from here. */
const stepIssues = (text: string, names: ReadonlyArray<string>): ReadonlyArray<string> => {
  const read = readJson(text)
  if ("issue" in read) return [read.issue]
  if (!Array.isArray(read.value)) return ["Expected a list of steps"]
  return read.value.flatMap((step: unknown, index) =>
    names.length === 0 || Object.keys({ ...Object(step) }).some((name) => names.includes(name))
      ? []
      : [`steps.${index}: expected one of ${names.join(", ")}`]
  )
}

const valueOf = (text: string): unknown => {
  const read = readJson(text)
  return "value" in read ? read.value : undefined
}

const named = (rows: ReadonlyArray<Row> | undefined) =>
  (rows ?? []).map((row) => [String(row["id"]), textOf(row["name"] ?? row["id"])] as const)

export const NewCall = ({ close }: { readonly close: () => void }) => {
  const { value: catalog } = useRead<Catalog>("trigger")
  const assistants = useRead<Page<Row>>("rows?resource=assistants&limit=200", ["row"]).value?.items
  const numbers = useRead<Page<Row>>("rows?resource=phoneNumbers&limit=200", ["row"]).value?.items
  return (
    <Detail title="New call" label="New call" close={close}>
      <p class="muted">Nothing is dialled, and nobody is heard: scripts speak. Servers are really asked.</p>
      <Gallery catalog={catalog} assistants={assistants} />
      <Script names={catalog?.steps ?? []} assistants={assistants} />
      <Inbound numbers={numbers} />
      <ByHand assistants={assistants} />
    </Detail>
  )
}

interface GalleryProps {
  readonly catalog: Catalog | undefined
  readonly assistants: ReadonlyArray<Row> | undefined
}

const Gallery = ({ catalog, assistants }: GalleryProps) => {
  const [type, setType] = useState("call.with-tool")
  const [assistant, setAssistant] = useState("")
  const description = catalog?.sequences.find((one) => one.type === type)?.description
  return (
    <Section title="Play a conversation">
      <div class="form">
        <Select
          label="Conversation"
          value={type}
          set={setType}
          options={(catalog?.sequences ?? []).map((one) => [one.type, one.type.replace("call.", "")] as const)}
        />
        <Select
          label="Assistant"
          value={assistant}
          set={setAssistant}
          options={[["", "one of its own"], ...named(assistants)]}
        />
        <p class="row muted">{description}</p>
        <div class="row">
          <Button
            kind="primary"
            run={async () => {
              const then = unlessGone()
              const { callId } = await api("POST", "trigger", { type, ...(assistant === "" ? {} : { assistant }) })
              then(() => go(["calls", String(callId)]))
            }}
          >
            Play
          </Button>
        </div>
      </div>
    </Section>
  )
}

const Script = ({
  names,
  assistants
}: {
  readonly names: ReadonlyArray<string>
  readonly assistants: ReadonlyArray<Row> | undefined
}) => {
  const [text, setText] = useState(sample)
  const [assistant, setAssistant] = useState("")
  const [done, setDone] = useState("")
  const issues = stepIssues(text, names)
  return (
    <Section title="Script for calls to come">
      <div class="form">
        <Select
          label="Calls of"
          value={assistant}
          set={setAssistant}
          options={[["", "any assistant"], ...named(assistants)]}
        />
        <Editor label="Steps" value={text} set={setText} issues={issues} hint={`Each is one of ${names.join(", ")}.`} />
        <div class="row">
          <Button
            kind="primary"
            disabled={issues.length > 0}
            run={async () => {
              setDone("")
              const match = assistant === "" ? {} : { assistantId: assistant }
              await api("POST", "calls/script", { match, steps: valueOf(text) })
              setDone("The next call that matches follows it.")
            }}
          >
            Run script
          </Button>
          <Button
            run={async () => {
              await api("DELETE", "calls/script")
              setDone("All scripts are forgotten.")
            }}
          >
            Forget scripts
          </Button>
          {done && (
            <span class="done" role="status">
              <Icon name="check" />
              {done}
            </span>
          )}
        </div>
      </div>
    </Section>
  )
}

const Inbound = ({ numbers }: { readonly numbers: ReadonlyArray<Row> | undefined }) => {
  const [number, setNumber] = useState("")
  const [from, setFrom] = useState("")
  const chosen = number === "" ? String(numbers?.[0]?.["id"] ?? "") : number
  return (
    <Section title="Somebody calls">
      {numbers?.length === 0 ? (
        <p class="muted">There is no phone number yet: create one in Rows.</p>
      ) : (
        <div class="form">
          <Select label="Number" value={chosen} set={setNumber} options={named(numbers)} />
          <Input label="From" value={from} set={setFrom} placeholder="a made-up number" mono />
          <div class="row">
            <Button
              kind="primary"
              run={async () => {
                const then = unlessGone()
                const call = await api("POST", "calls/inbound", { number: chosen, ...(from === "" ? {} : { from }) })
                then(() => go(["calls", String(call["id"])]))
              }}
            >
              Call it
            </Button>
          </div>
        </div>
      )}
    </Section>
  )
}

const ByHand = ({ assistants }: { readonly assistants: ReadonlyArray<Row> | undefined }) => {
  const [assistant, setAssistant] = useState("")
  const chosen = assistant === "" ? String(assistants?.[0]?.["id"] ?? "") : assistant
  return (
    <Section title="Lead a call by hand">
      {assistants?.length === 0 ? (
        <p class="muted">There is no assistant yet: create one in Rows.</p>
      ) : (
        <div class="form">
          <Select label="Assistant to talk to" value={chosen} set={setAssistant} options={named(assistants)} />
          <div class="row">
            <Button
              kind="primary"
              run={async () => {
                const then = unlessGone()
                const call = await api("POST", "calls/live", { assistant: chosen })
                then(() => go(["calls", String(call["id"])]))
              }}
            >
              Begin
            </Button>
          </div>
        </div>
      )}
    </Section>
  )
}
