/**
 * The report of the production checklist.
 */
import type { Session } from "../core/session.ts"
import { wrap } from "../core/table.ts"
import type { Finding, Status } from "./types.ts"

const marks: Readonly<Record<Status, readonly [mark: string, color: "green" | "yellow" | "red" | "dim"]>> = {
  ok: ["ok  ", "green"],
  warn: ["warn", "yellow"],
  fail: ["FAIL", "red"],
  skip: ["skip", "dim"]
}

/** Prints the findings. 0 when all is well, 1 with warnings, 2 with failures. */
export const report = (findings: ReadonlyArray<Finding>, { out }: Session): number => {
  const count = (status: Status) => findings.filter((finding) => finding.status === status).length
  const summary = { ok: count("ok"), warn: count("warn"), fail: count("fail"), skip: count("skip") }
  const exitCode = summary.fail > 0 ? 2 : summary.warn > 0 ? 1 : 0
  const status = summary.fail > 0 ? "fail" : summary.warn > 0 ? "warn" : "ok"
  out.result({ status, exitCode, summary, findings }, () => {
    const width = Math.max(...findings.map(({ id }) => id.length))
    const indent = width + 8
    const because = new Map<string, Array<string>>()
    for (const { id, status, detail } of findings) {
      if (status === "skip" && /^because \S+ failed$/.test(detail))
        because.set(detail, [...(because.get(detail) ?? []), id])
    }
    const lines = findings.flatMap((finding) => {
      // What depends on a check that failed is one line for all of it, below.
      if (because.get(finding.detail)?.includes(finding.id) === true) return []
      const [mark, color] = marks[finding.status]
      const line = `${out.paint(color, mark)}  ${finding.id.padEnd(width)}  ${finding.status === "skip" ? out.paint("dim", wrap(finding.detail, out.width - indent, indent)) : wrap(finding.detail, out.width - indent, indent)}`
      if (finding.status === "ok" || finding.status === "skip") return [line]
      const beside = (what: string, text: string) =>
        `${" ".repeat(indent)}${out.paint("dim", what)}  ${wrap(text, out.width - indent - 5, indent + 5)}`
      return [line, beside("why", finding.meaning), beside("fix", finding.fix ?? "")]
    })
    const collapsed = [...because].map(
      ([why, ids]) =>
        `${out.paint("dim", marks.skip[0])}  ${out.paint("dim", wrap(`${ids.length} checks ${why}: ${ids.join(", ")}`, out.width - 6, 6))}`
    )
    const counts = `${summary.ok} ok, ${summary.warn} warnings, ${summary.fail} failed, ${summary.skip} skipped`
    return [...lines, ...collapsed, "", counts].join("\n")
  })
  return exitCode
}
