/**
 * The frame: rail, views, and the door for whoever has no token yet.
 */
import { useEffect, useState } from "preact/hooks"
import { currentToken, onRefused, refusal, setToken } from "./model/api.ts"
import { connection, follow, onConnection } from "./model/news.ts"
import { go, type Place, usePlace } from "./model/route.ts"
import { Icon, type IconName } from "./parts/Icon.tsx"
import { Button, Input } from "./parts/basics.tsx"
import { Calls } from "./views/Calls.tsx"
import { Faults } from "./views/Faults.tsx"
import { Home } from "./views/Home.tsx"
import { Requests } from "./views/Requests.tsx"
import { Rows } from "./views/Rows.tsx"
import { Webhooks } from "./views/Webhooks.tsx"

const views: ReadonlyArray<readonly [name: string, label: string, icon: IconName]> = [
  ["home", "Home", "home"],
  ["requests", "Requests", "requests"],
  ["calls", "Calls", "calls"],
  ["webhooks", "Webhooks", "webhooks"],
  ["rows", "Rows", "rows"],
  ["faults", "Faults & time", "faults"]
]

const Connection = () => {
  const [state, setState] = useState(connection())
  useEffect(() => onConnection(() => setState(connection())), [])
  const text = { connecting: "connecting", live: "live", lost: "not reachable" }[state]
  return (
    <p class={`connection ${state}`} role="status">
      <span class="dot" />
      {text}
    </p>
  )
}

const Rail = ({ place }: { readonly place: Place }) => (
  <nav class="rail" aria-label="Views">
    <p class="brand">
      <span class="brand-mark" aria-hidden="true">
        <i />
        <i />
        <i />
      </span>
      <span class="brand-name">Aywa local</span>
    </p>
    <ul>
      {views.map(([name, label, icon], index) => (
        <li>
          <a
            href={`#/${name}`}
            aria-current={place.view === name ? "page" : undefined}
            title={`${label} (Alt+${index + 1})`}
          >
            <Icon name={icon} />
            <span>{label}</span>
          </a>
        </li>
      ))}
      <li>
        <a href="/openapi.json" target="_blank" rel="noreferrer" title="The contract as OpenAPI, in another tab">
          <Icon name="api" />
          <span>API</span>
        </a>
      </li>
    </ul>
    <Connection />
  </nav>
)

/** Alt and a digit open a view from anywhere. */
const useKeys = () => {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const [, digit] = /^Digit(\d)$/.exec(event.code) ?? []
      const view = digit === undefined ? undefined : views[Number(digit) - 1]
      if (!event.altKey || event.ctrlKey || event.metaKey || view === undefined) return
      event.preventDefault()
      go([view[0]])
    }
    addEventListener("keydown", press)
    return () => removeEventListener("keydown", press)
  }, [])
}

const Door = ({ refused, enter }: { readonly refused: boolean; readonly enter: (token: string) => void }) => {
  const [token, setValue] = useState("")
  return (
    <main class="door">
      <h1>Aywa local runtime</h1>
      {refusal.current !== undefined ? (
        <p role="alert">{refusal.current}, or paste the token here.</p>
      ) : refused ? (
        <p role="alert">
          The control token is not the one of this runtime. A new start has a new token: open the address that it
          printed, or paste the token here.
        </p>
      ) : (
        <p>
          This page needs the control token. <code>aywa-runtime local</code> prints an address with the token in it, and{" "}
          <code>--open</code> opens it; or paste the token here.
        </p>
      )}
      <form
        onSubmit={(event) => {
          event.preventDefault()
          enter(token.trim())
        }}
      >
        <Input label="Control token" secret value={token} set={setValue} mono />
        <Button kind="primary" run={() => enter(token.trim())} disabled={token.trim() === ""}>
          Open
        </Button>
      </form>
    </main>
  )
}

const View = ({ place }: { readonly place: Place }) => {
  switch (place.view) {
    case "requests":
      return <Requests place={place} />
    case "calls":
      return <Calls place={place} />
    case "webhooks":
      return <Webhooks place={place} />
    case "rows":
      return <Rows place={place} />
    case "faults":
      return <Faults />
    default:
      return <Home />
  }
}

export const Page = () => {
  const [token, setCurrent] = useState(currentToken)
  const [refused, setRefused] = useState(false)
  const place = usePlace()
  useKeys()
  const label = views.find(([name]) => name === place.view)?.[1] ?? "Home"
  useEffect(() => {
    document.title = `${label} · Aywa inspector`
  }, [label])
  useEffect(() => {
    onRefused.current = () => {
      setToken(undefined)
      setCurrent(undefined)
      setRefused(true)
    }
    if (token !== undefined) void follow()
  }, [token])
  const enter = (value: string) => {
    if (value === "") return
    setToken(value)
    refusal.current = undefined
    setRefused(false)
    setCurrent(value)
  }
  if (token === undefined) return <Door refused={refused} enter={enter} />
  return (
    <div class="page">
      <Rail place={place} />
      <main class="view" aria-label={label}>
        <h1 class="hidden">{label}</h1>
        <View place={place} />
      </main>
    </div>
  )
}
