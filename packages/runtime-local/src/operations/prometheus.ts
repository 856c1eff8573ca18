/**
 * Prometheus text exposition, version 0.0.4.
 */

/** One measured value. */
export interface Sample {
  /** Put after the metric's name: `_bucket`, `_sum`, `_count`. */
  readonly suffix?: "_bucket" | "_sum" | "_count"
  readonly labels?: Readonly<Record<string, string>>
  readonly value: number
}

/** One metric. */
export interface Metric {
  readonly name: string
  readonly help: string
  readonly type: "counter" | "gauge" | "histogram"
  readonly samples: ReadonlyArray<Sample>
}

/** Writes metrics; those without samples are left out. */
export const expose = (metrics: ReadonlyArray<Metric>): string =>
  metrics
    .filter(({ samples }) => samples.length > 0)
    .map(({ name, help, type, samples }) =>
      [
        `# HELP ${name} ${help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}`,
        `# TYPE ${name} ${type}`,
        ...samples.map(({ suffix = "", labels = {}, value }) => `${name}${suffix}${labelsOf(labels)} ${number(value)}`),
        ""
      ].join("\n")
    )
    .join("")

const labelsOf = (labels: Readonly<Record<string, string>>): string => {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escape(value)}"`)
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`
}

const escape = (value: string) => value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")

const number = (value: number) => (value === Number.POSITIVE_INFINITY ? "+Inf" : String(value))
