/**
 * The report of the production checklist.
 */
import type { Session } from "../core/session.ts"
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
    const lines = findings.flatMap((finding) => {
      const [mark, color] = marks[finding.status]
      const line = `${out.paint(color, mark)}  ${finding.id.padEnd(width)}  ${finding.status === "skip" ? out.paint("dim", finding.detail) : finding.detail}`
      if (finding.status === "ok" || finding.status === "skip") return [line]
      const indent = " ".repeat(width + 8)
      return [
        line,
        `${indent}${out.paint("dim", "why")}  ${finding.meaning}`,
        `${indent}${out.paint("dim", "fix")}  ${finding.fix ?? ""}`
      ]
    })
    const counts = `${summary.ok} ok, ${summary.warn} warnings, ${summary.fail} failed, ${summary.skip} skipped`
    return [...lines, "", counts].join("\n")
  })
  return exitCode
}
