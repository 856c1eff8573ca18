/** Headers, one a line; masked ones as they come. */
import { Text } from "./basics.tsx"

export const Headers = ({ of }: { readonly of: unknown }) => (
  <dl class="headers">
    {Object.entries({ ...Object(of) }).map(([name, value]) => (
      <div>
        <dt>
          <Text>{name}</Text>
        </dt>
        <dd>
          <Text>{String(value)}</Text>
        </dd>
      </div>
    ))}
  </dl>
)
