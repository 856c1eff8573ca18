/**
 * Where everything is written: results to stdout, everything else to stderr. Tables on a terminal, JSON when piped or
 * asked for; streams are one JSON document a line.
 */
import { fields, fit, type Column, type Paint, painter, table, wrap } from "./table.ts"

/** A stream that text is written to. */
export interface Sink {
  readonly write: (text: string | Uint8Array) => unknown
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
}

/** What commands write with. */
export interface Output {
  /** Whether results are JSON. */
  readonly json: boolean
  /** Whether stderr is a terminal that may be redrawn: progress and prompts. */
  readonly interactive: boolean
  readonly paint: Paint
  /** Cells in a line of stdout; without end in a pipe. */
  readonly width: number
  /** A result: the JSON of `value`, or the text that `text` makes of it. */
  readonly result: (value: unknown, text: () => string) => void
  /** A page of rows: `{ items, nextCursor }` as JSON, a table as text. */
  readonly rows: (page: Rows, view: View) => void
  /** One row: itself as JSON, a line per field as text. */
  readonly row: (row: Readonly<Record<string, unknown>>) => void
  /** One event of a stream: a line of JSON, or a line of text. */
  readonly event: (value: unknown, text: () => string) => void
  /** Text as it is, into a pipe too: secrets, SQL, scripts. JSON only if it is asked for and `value` is given. */
  readonly raw: (text: string, value?: unknown) => void
  /** Content as it is. */
  readonly bytes: (content: Uint8Array) => void
  /** Something to know, on stderr; silent with `--quiet`. */
  readonly note: (text: string) => void
  /** Something to worry about, on stderr, `--quiet` or not. */
  readonly warn: (text: string) => void
  /** Redrawn in place while work goes on; only on a terminal. */
  readonly status: (text: string | undefined) => void
}

/** Rows of a list. */
export interface Rows {
  readonly items: ReadonlyArray<unknown>
  readonly nextCursor?: string | undefined
}

/** How rows become a table. */
export interface View {
  readonly columns: ReadonlyArray<Column>
  readonly cells: (item: unknown) => ReadonlyArray<string>
  /** What to say when there are none. */
  readonly empty: string
}

/** How an output behaves. */
export interface OutputOptions {
  readonly json: boolean | undefined
  readonly quiet: boolean
  readonly color: boolean
}

type Environment = Readonly<Record<string, string | undefined>>

/** Whether a stream takes colour: NO_COLOR, FORCE_COLOR and TERM=dumb are honoured. */
export const hasColor = (stream: Sink, isWanted: boolean, env: Environment): boolean => {
  if (!isWanted || (env["NO_COLOR"] ?? "") !== "") return false
  const force = env["FORCE_COLOR"]
  if (force !== undefined && force !== "") return force !== "0"
  return stream.isTTY === true && env["TERM"] !== "dumb"
}

/** Prose wraps; a line that is meant to be pasted, which begins with spaces, does not. */
const wrapUnlessPasted = (line: string, width: number): string => (line.startsWith(" ") ? line : wrap(line, width, 2))

/** Makes the output of one run. */
export const makeOutput = (options: OutputOptions, stdout: Sink, stderr: Sink, env: Environment): Output => {
  const json = options.json ?? stdout.isTTY !== true
  const paint = painter(!json && hasColor(stdout, options.color, env))
  const painted = painter(hasColor(stderr, options.color, env))
  const interactive = stderr.isTTY === true && !options.quiet && env["TERM"] !== "dumb"
  // A pipe gets everything; so does a terminal that does not know its size and says 0.
  const width = stdout.columns || Infinity
  const prose = (text: string) =>
    text
      .split("\n")
      .map((line) => wrapUnlessPasted(line, stderr.columns || Infinity))
      .join("\n")
  let isVisible = false
  const clear = () => {
    if (isVisible) stderr.write("\r\u001b[K")
    isVisible = false
  }
  const out = (text: string) => {
    clear()
    stdout.write(text.endsWith("\n") ? text : `${text}\n`)
  }
  const err = (text: string) => {
    clear()
    stderr.write(`${text}\n`)
  }
  const result: Output["result"] = (value, text) => out(json ? JSON.stringify(value ?? null, null, 2) : text())
  return {
    json,
    interactive,
    paint,
    width,
    result,
    rows: (page, view) =>
      result({ items: page.items, nextCursor: page.nextCursor ?? null }, () =>
        page.items.length === 0 ? view.empty : table(view.columns, page.items.map(view.cells), { paint, width })
      ),
    row: (row) => result(row, () => fields(row, paint)),
    event: (value, text) => out(json ? JSON.stringify(value) : text()),
    raw: (text, value) => out(options.json === true && value !== undefined ? JSON.stringify(value, null, 2) : text),
    bytes: (content) => {
      clear()
      stdout.write(content)
    },
    note: (text) => {
      if (!options.quiet) err(prose(text))
    },
    warn: (text) => err(prose(`${painted("yellow", "warning:")} ${text}`)),
    status: (text) => {
      if (!interactive) return
      clear()
      if (text === undefined) return
      // A line that wraps could not be erased.
      stderr.write(fit(text, (stderr.columns || Infinity) - 1))
      isVisible = true
    }
  }
}
