/**
 * Faults and time: what makes a runtime fail on purpose, its clock, its keys, and its past.
 */
import { useState } from "preact/hooks"
import { api, type Row } from "../model/api.ts"
import { useRead } from "../model/live.ts"
import { count } from "../model/text.ts"
import { Button, Input, Problem, Select, Switch, Text } from "../parts/basics.tsx"
import { Icon } from "../parts/Icon.tsx"
import { hit, type Rule, ruleName } from "../parts/StateOfRuntime.tsx"
import { Keys, Past } from "./Keys.tsx"

interface Kind {
  readonly type: string
  readonly webhook: boolean
  readonly description: string
  readonly action: Row
}

interface Scenario {
  readonly name: string
  readonly description?: string
}

export const Faults = () => {
  const rules = useRead<ReadonlyArray<Rule>>("faults", ["fault", "request", "attempt"], hit)
  const kinds = useRead<{ readonly items: ReadonlyArray<Kind> }>("faults/kinds").value?.items ?? []
  const all = rules.value ?? []
  return (
    <div class="scroll" tabIndex={-1}>
      <div class="cards">
        <div class="column">
          <LostAnswer rules={all} read={rules.read} />
          <Scenarios />
        </div>
        <div class="column">
          <Rules rules={all} read={rules.read} error={rules.error} />
          <Clock />
        </div>
        <Kinds kinds={kinds} rules={all} read={rules.read} />
        <Keys />
        <Past />
      </div>
    </div>
  )
}

interface RulesProps {
  readonly rules: ReadonlyArray<Rule>
  readonly read: () => Promise<void>
}

const lostId = "lost-answer"

/** The fault that proves most, at one press. */
const LostAnswer = ({ rules, read }: RulesProps) => {
  const rule = rules.find(({ id }) => id === lostId)
  const used = rule?.times !== undefined && rule.hits >= rule.times
  return (
    <section class="card">
      <h2>Lose the answer of the next create</h2>
      <p class="muted">
        The next POST is done, and its answer is lost on the way. A client without idempotency keys creates twice; the
        SDK sends the attempt again under its key, and the runtime answers from its record: one row.
      </p>
      <div class="row">
        <Button
          kind="primary"
          icon="faults"
          run={async () => {
            if (rule !== undefined) await api("DELETE", `faults/${lostId}`)
            await api("POST", "faults", {
              id: lostId,
              action: "reset",
              when: "after",
              match: { method: "POST" },
              times: 1
            })
            await read()
          }}
        >
          Lose it
        </Button>
        <span role="status">
          {rule === undefined ? "" : used ? "It acted: " : "Waits for a POST of your program."}
          {used && <a href="#/requests?kind=repeated">see what happened</a>}
        </span>
      </div>
    </section>
  )
}

const Clock = () => {
  const { value, read } = useRead<{ readonly now: string; readonly mode: string }>("clock", ["clock"])
  const [fired, setFired] = useState<ReadonlyArray<Row>>()
  const [now, setNow] = useState("")
  const manual = value?.mode === "manual"
  const advance = async (ms: number) => {
    const answer = await api("POST", "clock/advance", { ms })
    setFired(Array.isArray(answer["fired"]) ? answer["fired"] : [])
    await read()
  }
  return (
    <section class="card">
      <h2>Clock</h2>
      {!manual ? (
        <p class="muted">
          It runs with this machine's. <code>aywa-runtime local --clock manual</code> starts a runtime whose clock
          stands still until it is moved here: retries of an hour take a press.
        </p>
      ) : (
        <>
          <p class="big mono">{value?.now}</p>
          <div class="row">
            {(
              [
                ["+10 s", 10_000],
                ["+1 min", 60_000],
                ["+1 h", 3_600_000],
                ["+1 day", 86_400_000]
              ] as const
            ).map(([label, ms]) => (
              <Button run={() => advance(ms)}>{label}</Button>
            ))}
          </div>
          <div class="row end">
            <Input label="Set to" value={now} set={setNow} placeholder={value?.now ?? ""} mono />
            <Button
              disabled={now === ""}
              run={async () => {
                await api("PUT", "clock", { now })
                await read()
              }}
            >
              Set
            </Button>
          </div>
          {fired && (
            <p role="status">
              {fired.length === 0 ? "Nothing was due on the way." : `${count(fired.length, "step")} ran on the way.`}
            </p>
          )}
        </>
      )}
    </section>
  )
}

const Scenarios = () => {
  const { value, read } = useRead<{
    readonly active: Scenario | null
    readonly available: ReadonlyArray<Scenario>
  }>("scenario", ["fault"])
  return (
    <section class="card">
      <h2>Scenarios</h2>
      {(value?.available ?? []).map((scenario) => (
        <Switch
          label={`Scenario ${scenario.name}`}
          on={value?.active?.name === scenario.name}
          set={async (on) => {
            await (on ? api("PUT", "scenario", { name: scenario.name }) : api("DELETE", "scenario"))
            await read()
          }}
        >
          <b>{scenario.name}</b> <span class="muted">{scenario.description}</span>
        </Switch>
      ))}
    </section>
  )
}

const matchText = (rule: Rule): string => {
  const { method, path, event, ...rest }: Row = { ...Object(rule["match"]) }
  const parts = [method, path, event, ...Object.entries(rest).map(([name, value]) => `${name} ${String(value)}`)]
  const text = parts.filter((part) => part !== undefined).join(" ")
  return text === "" ? "everything" : text
}

const Rules = ({ rules, read, error }: RulesProps & { readonly error: unknown }) => (
  <section class="card">
    <h2>In force</h2>
    <Problem error={error} />
    {rules.length === 0 ? (
      <p class="muted">No fault is in force: every request is served as it should be.</p>
    ) : (
      <table class="table">
        <thead>
          <tr>
            <th scope="col">Fault</th>
            <th scope="col">Of</th>
            <th scope="col">Acted</th>
            <th scope="col">
              <span class="hidden">Remove</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {rules.map((rule) => (
            <tr key={rule.id}>
              <td>
                <span class="fault">
                  <Icon name="faults" />
                  <Text>{ruleName(rule)}</Text>
                </span>
              </td>
              <td>
                <Text>{matchText(rule)}</Text>
              </td>
              <td class="time">
                {rule.hits}
                {rule.times === undefined ? "" : ` of ${rule.times}`}
              </td>
              <td>
                <Button
                  run={async () => {
                    await api("DELETE", `faults/${encodeURIComponent(rule.id)}`)
                    await read()
                  }}
                >
                  Remove
                </Button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    )}
    {rules.length > 1 && (
      <Button
        run={async () => {
          await api("DELETE", "faults")
          await read()
        }}
      >
        Remove all
      </Button>
    )}
  </section>
)

interface KindsProps extends RulesProps {
  readonly kinds: ReadonlyArray<Kind>
}

const Kinds = ({ kinds, rules, read }: KindsProps) => {
  const [path, setPath] = useState("")
  const [method, setMethod] = useState("")
  const [when, setWhen] = useState("")
  const [times, setTimes] = useState("")
  const idOf = (kind: Kind) => `page-${kind.type}`
  const set = async (kind: Kind, on: boolean) => {
    const match = kind.webhook ? {} : { ...(path === "" ? {} : { path }), ...(method === "" ? {} : { method }) }
    if (!on) await api("DELETE", `faults/${idOf(kind)}`)
    else {
      await api("POST", "faults", {
        id: idOf(kind),
        action: kind.action,
        match,
        ...(when === "" || kind.webhook ? {} : { when }),
        ...(times === "" ? {} : { times: Number(times) })
      })
    }
    await read()
  }
  const list = (webhook: boolean) =>
    kinds
      .filter((kind) => kind.webhook === webhook)
      .map((kind) => {
        const rule = rules.find(({ id }) => id === idOf(kind))
        return (
          <Switch label={`Fault ${kind.type}`} on={rule !== undefined} set={(on) => set(kind, on)}>
            <b>{kind.type}</b> <span class="muted">{kind.description}</span>
            {rule && rule.hits > 0 && <span class="tag warn">acted {count(rule.hits, "time")}</span>}
          </Switch>
        )
      })
  return (
    <section class="card wide">
      <h2>Every fault</h2>
      <div class="form">
        <Select
          label="Method"
          value={method}
          set={setMethod}
          options={["", "GET", "POST", "PATCH", "DELETE"].map((one) => [one, one === "" ? "any" : one] as const)}
        />
        <Input label="Path" value={path} set={setPath} placeholder="any, or /assistant/:id" mono />
        <Select
          label="When"
          value={when}
          set={setWhen}
          options={[
            ["", "as suits the fault"],
            ["before", "before anything is done"],
            ["after", "after the commit"]
          ]}
        />
        <Select
          label="How often"
          value={times}
          set={setTimes}
          options={[
            ["", "until it is switched off"],
            ["1", "once"],
            ["3", "three times"],
            ["10", "ten times"]
          ]}
        />
      </div>
      <h3 class="sub">Requests to this runtime</h3>
      <div class="switches">{list(false)}</div>
      <h3 class="sub">Webhooks that it sends</h3>
      <div class="switches">{list(true)}</div>
    </section>
  )
}
