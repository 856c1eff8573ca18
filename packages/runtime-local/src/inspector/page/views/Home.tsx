/**
 * Home: how a program connects, whether all is well here, and what to do first.
 */
import { useState } from "preact/hooks"
import { api, as, type Row } from "../model/api.ts"
import { useRead } from "../model/live.ts"
import { duration } from "../model/text.ts"
import { Button, Facts, Id, Snippet, Text } from "../parts/basics.tsx"
import { Icon } from "../parts/Icon.tsx"

interface Runtime extends Row {
  readonly version: string
  readonly baseUrl: string
  readonly organizationId: string
  readonly mode: string
  readonly clock: string
  readonly store: string
  readonly uptimeMs: number
}

interface Check {
  readonly id: string
  readonly ok: boolean
  readonly detail: string
}

interface Runbook {
  readonly id: string
  readonly title: string
  readonly active: boolean
  readonly evidence: string
  readonly steps: ReadonlyArray<string>
}

const snippetOf = (baseUrl: string) => `import { AywaRuntimeClient } from "@aywa-ai/runtime-sdk"

const aywa = new AywaRuntimeClient({
  baseUrl: "${baseUrl}",
  apiKey: process.env.AYWA_RUNTIME_API_KEY
})
const assistant = await aywa.assistants.create({ name: "Order desk" })
await aywa.calls.create({
  assistantId: assistant.id,
  customer: { number: "+14155550188" }
})`

export const Home = () => {
  const { value: runtime } = useRead<Runtime>("runtime")
  const organization = runtime?.organizationId
  const path = (route: string) => (organization === undefined ? undefined : as(organization, route))
  const changes = ["row", "job", "fault"]
  const checks = useRead<ReadonlyArray<Check>>(path("/setup/requirements"), changes).value
  const runbooks = useRead<ReadonlyArray<Runbook>>(path("/runbooks"), changes).value
  const numbers = useRead<Row>(path("/analytics/summary"), ["row", "call"]).value
  if (runtime === undefined) return <div class="scroll" tabIndex={-1} />
  return (
    <div class="scroll" tabIndex={-1}>
      <div class="cards">
        <Connect runtime={runtime} />
        <div class="column">
          <First runtime={runtime} numbers={numbers} />
          <Trouble runbooks={runbooks ?? []} />
        </div>
        <Checks checks={checks ?? []} />
      </div>
    </div>
  )
}

const Connect = ({ runtime }: { readonly runtime: Runtime }) => {
  const [secrets, setSecrets] = useState<Row>()
  const lines = [
    `AYWA_RUNTIME_BASE_URL=${runtime.baseUrl}`,
    `AYWA_RUNTIME_API_KEY=${String(secrets?.["apiKey"] ?? "********")}`,
    `AYWA_RUNTIME_ORGANIZATION_ID=${runtime.organizationId}`,
    `AYWA_RUNTIME_WEBHOOK_SECRET=${String(secrets?.["webhookSecret"] ?? "********")}`
  ]
  return (
    <section class="card wide">
      <h2>Connect your program</h2>
      <div class="columns">
        <div>
          <div class="row">
            <h3>Environment</h3>
            <span class="grow" />
            <Button
              run={async () => setSecrets(secrets === undefined ? await api("GET", "runtime?show=secrets") : undefined)}
            >
              {secrets === undefined ? "Show secrets" : "Mask secrets"}
            </Button>
          </div>
          <Snippet text={lines.join("\n")} />
          <Facts
            of={[
              ["Organization", <Id value={runtime.organizationId} />],
              ["Store", <Text class="mono">{runtime.store}</Text>],
              ["Clock", runtime.clock === "manual" ? "stands still" : "this machine's"],
              ["Version", runtime.version],
              ["Runs for", duration(runtime.uptimeMs)]
            ]}
          />
        </div>
        <div>
          <div class="row">
            <h3>Program</h3>
          </div>
          <Snippet text={snippetOf(runtime.baseUrl)} />
        </div>
      </div>
    </section>
  )
}

const First = ({ runtime, numbers }: { readonly runtime: Runtime; readonly numbers: Row | undefined }) => {
  const rows: Row = { ...Object(numbers?.["rows"]) }
  const calls: Row = { ...Object(numbers?.["calls"]) }
  const facts: ReadonlyArray<readonly [label: string, value: unknown, href: string]> = [
    ["assistants", rows["assistants"], "#/rows/assistants"],
    ["tools", rows["tools"], "#/rows/tools"],
    ["phone numbers", rows["phoneNumbers"], "#/rows/phoneNumbers"],
    ["calls", calls["total"], "#/calls"]
  ]
  return (
    <section class="card">
      <h2>What is here</h2>
      <ul class="numbers">
        {facts.map(([label, value, href]) => (
          <li>
            <a href={href}>
              <span class="big">{String(value ?? 0)}</span>
              <span>{label}</span>
            </a>
          </li>
        ))}
      </ul>
      <ul class="next">
        <li>
          <a href="#/calls/new">Play a call</a> <span class="muted">with webhooks and tools, without a phone</span>
        </li>
        <li>
          <a href="#/webhooks/new">Send a webhook</a> <span class="muted">of any type to your handler</span>
        </li>
        <li>
          <a href="#/faults">Lose an answer</a> <span class="muted">and see that nothing is done twice</span>
        </li>
      </ul>
      {runtime.mode !== "development" && <p class="muted">Mode: {runtime.mode}</p>}
    </section>
  )
}

const Checks = ({ checks }: { readonly checks: ReadonlyArray<Check> }) => (
  <section class="card">
    <h2>Checks of this runtime</h2>
    <ul class="checks">
      {checks.map(({ id, ok, detail }) => (
        <li>
          <span class={ok ? "good" : "wait"}>
            <Icon name={ok ? "check" : "wait"} label={ok ? "ok" : "to do"} />
          </span>
          <span>
            <b>{id}</b> <Text class="muted">{detail}</Text>
          </span>
        </li>
      ))}
    </ul>
  </section>
)

const Trouble = ({ runbooks }: { readonly runbooks: ReadonlyArray<Runbook> }) => {
  const active = runbooks.filter((one) => one.active)
  return (
    <section class="card">
      <h2>Trouble</h2>
      {active.length === 0 && (
        <p class="muted">
          None: {runbooks.length} cases were looked for, from a full disk to receivers that do not answer.
        </p>
      )}
      <ul class="checks">
        {active.map(({ title, evidence, steps }) => (
          <li>
            <span class="bad">
              <Icon name="cross" label="now" />
            </span>
            <span>
              <b>{title}</b> <Text class="muted">{evidence}</Text>
              <ol class="steps">
                {steps.map((step) => (
                  <li>{step}</li>
                ))}
              </ol>
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}
