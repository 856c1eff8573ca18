/** What differs between two values: one line a path, what was and what is. */
import { differences } from "../model/diff.ts"
import { textOf } from "../model/text.ts"
import { Text } from "./basics.tsx"

interface DiffProps {
  readonly before: unknown
  readonly after: unknown
  readonly names: readonly [before: string, after: string]
}

export const Diff = ({ before, after, names }: DiffProps) => {
  const found = differences(before, after)
  if (found.length === 0) return <p class="muted">No difference.</p>
  return (
    <table class="diff">
      <thead>
        <tr>
          <th scope="col">Path</th>
          <th scope="col">{names[0]}</th>
          <th scope="col">{names[1]}</th>
        </tr>
      </thead>
      <tbody>
        {found.map(({ path, before: was, after: is }) => (
          <tr>
            <th scope="row">
              <Text>{path === "" ? "whole" : path}</Text>
            </th>
            <td class="gone">{was === undefined ? <span class="muted">none</span> : <Text>{textOf(was)}</Text>}</td>
            <td class="new">{is === undefined ? <span class="muted">none</span> : <Text>{textOf(is)}</Text>}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
