/** Who may come in, and ways back to an earlier state. */
import { useState } from "preact/hooks"
import { api, type Row } from "../model/api.ts"
import { useRead } from "../model/live.ts"
import { Button, Id, Input, Select, Snippet } from "../parts/basics.tsx"
import { Icon } from "../parts/Icon.tsx"

interface Key {
  readonly id: string
  readonly organizationId: string
  readonly role: string
}

export const Keys = () => {
  const keys = useRead<ReadonlyArray<Key>>("keys")
  const organizations = useRead<{ readonly items: ReadonlyArray<{ readonly id: string }> }>("organizations")
  const [role, setRole] = useState("full")
  const [organization, setOrganization] = useState("")
  const [added, setAdded] = useState<Row>()
  const ids = (organizations.value?.items ?? []).map(({ id }) => id)
  const chosen = organization === "" ? (ids[0] ?? "") : organization
  return (
    <section class="card">
      <h2>Keys and organizations</h2>
      <KeyTable keys={keys.value ?? []} read={keys.read} />
      {added && <Snippet text={String(added["key"])} />}
      <div class="form">
        <Select
          label="Organization"
          value={chosen}
          set={setOrganization}
          options={ids.map((id) => [id, id] as const)}
        />
        <Select
          label="The key may"
          value={role}
          set={setRole}
          options={[
            ["full", "everything"],
            ["read", "read"]
          ]}
        />
        <div class="row">
          <Button
            run={async () => {
              setAdded(await api("POST", "keys", { organization: chosen, role }))
              await keys.read()
            }}
          >
            Add key
          </Button>
          <Button
            run={async () => {
              const { id } = await api("POST", "organizations", {})
              setOrganization(String(id))
              await organizations.read()
            }}
          >
            Add organization
          </Button>
        </div>
      </div>
    </section>
  )
}

const KeyTable = ({ keys, read }: { readonly keys: ReadonlyArray<Key>; readonly read: () => Promise<void> }) => (
  <table class="table">
    <thead>
      <tr>
        <th scope="col">Key</th>
        <th scope="col">Organization</th>
        <th scope="col">May</th>
        <th scope="col">
          <span class="hidden">Revoke</span>
        </th>
      </tr>
    </thead>
    <tbody>
      {keys.map((key) => (
        <tr key={key.id}>
          <td class="mono">{key.id}</td>
          <td>
            <Id value={key.organizationId} />
          </td>
          <td>{key.role === "full" ? "everything" : "read"}</td>
          <td>
            <Button
              confirm="Sure? Press again"
              run={async () => {
                await api("DELETE", `keys/${key.id}`)
                await read()
              }}
            >
              Revoke
            </Button>
          </td>
        </tr>
      ))}
    </tbody>
  </table>
)

interface Snapshot {
  readonly name?: string
  readonly rows: number
}

export const Past = () => {
  const { value, read } = useRead<{ readonly items: ReadonlyArray<Snapshot> }>("snapshots")
  const [name, setName] = useState("")
  const [done, setDone] = useState("")
  return (
    <section class="card">
      <h2>Snapshots</h2>
      <p class="muted">
        Rows, calls, events and webhooks as they are now, to go back to. They live as long as the process.
      </p>
      <div class="row end">
        <Input label="Name" value={name} set={setName} placeholder="default" />
        <Button
          run={async () => {
            const { rows } = await api("POST", "snapshot", name === "" ? {} : { name })
            setDone(`Taken: ${String(rows)} rows`)
            await read()
          }}
        >
          Take snapshot
        </Button>
      </div>
      <table class="table">
        <tbody>
          {(value?.items ?? []).map((snapshot) => (
            <tr key={snapshot.name ?? "default"}>
              <th scope="row">{snapshot.name ?? "default"}</th>
              <td>{snapshot.rows} rows</td>
              <td>
                <Button
                  confirm="Go back? Press again"
                  run={async () => {
                    await api("POST", "restore", { name: snapshot.name ?? "default" })
                    setDone("Gone back")
                  }}
                >
                  Restore
                </Button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {done && (
        <p class="done" role="status">
          <Icon name="check" />
          {done}
        </p>
      )}
      <h2 class="sub">Begin anew</h2>
      <p class="muted">Forgets rows, calls, events, requests and faults; keys stay.</p>
      <Button
        kind="danger"
        confirm="Forget all of it? Press again"
        run={async () => {
          await api("POST", "reset")
          setDone("All is forgotten")
        }}
      >
        Reset
      </Button>
    </section>
  )
}
