/**
 * The procedure as a checklist, with a team's own commands, tables and times.
 *
 * @since 0.2.0
 */
import { checkOptions } from "../errors/checkOptions.ts"
import type { DatabasePlan } from "../live/planDatabase.ts"
import { locksOf } from "./locks.ts"
import type { Rehearsal, RehearsedStep } from "./rehearseDatabase.ts"

/**
 * What a runbook is written of, besides the plan.
 *
 * @since 0.2.0
 * @category models
 */
export interface RunbookOptions {
  /** The file of the ledger, as it is given to the commands. */
  readonly mapping: string
  /** The file of the locations. */
  readonly config: string
  /** The folder or file of the bundle; without it the account's steps have a blank for it. */
  readonly bundle?: string | undefined
  /** What the rehearsal on a copy found; without it times are blanks. */
  readonly rehearsal?: Rehearsal | undefined
  /** How the command line is called. Default `npx aywa-runtime`. */
  readonly command?: string | undefined
}

interface Commands {
  /** `--mapping FILE`. */
  readonly mapping: string
  readonly step: (name: string, more?: string) => string
  readonly detect: string
  readonly account: (name: string, more?: string) => string
}

/** One step: what is to be ticked off, in order. */
interface Step {
  readonly title: string
  readonly timed: ReadonlyArray<RehearsedStep>
  readonly locked: string
  readonly tasks: ReadonlyArray<string>
  readonly commands: ReadonlyArray<string>
  readonly done: string
  readonly back: string
}

/**
 * Writes the procedure in nine steps as Markdown: this plan's tables, commands and findings, what is locked when, times as
 * the rehearsal measured them, owners to fill in, and the point of no return. Holds no value of any row, and no address.
 *
 * @since 0.2.0
 * @category database
 */
export const writeRunbook = (plan: DatabasePlan, options: RunbookOptions): string => {
  checkOptions("writeRunbook", options, {
    mapping: true,
    config: true,
    bundle: true,
    rehearsal: true,
    command: true
  })
  const { rehearsal } = options
  const commands = commandsOf(options)
  return [
    "# Runbook: ids of the source become ids of the runtime",
    "",
    `Database: ${plan.dialect}. Mapping: \`${options.mapping}\`, ${plan.mappings} mappings. Locations: \`${options.config}\`, ${plan.locations.length} columns. Checksum of both: \`${plan.checksum.slice(0, 16)}\`: with others the steps refuse to go on.`,
    "",
    "| role | who | reached at |",
    "|---|---|---|",
    ...[
      "decides to go on or back",
      "runs the commands",
      "owns the database",
      "owns the application",
      "owns the phone numbers"
    ].map((role) => `| ${role} | ____ | ____ |`),
    "",
    ...tablesText(plan, rehearsal),
    ...findingsText(plan, rehearsal),
    "## Before: the account",
    "",
    "- [ ] The account is in the runtime, and compared. Secrets supplied, credentials enabled, files uploaded. Owner: ____",
    "",
    ...fenced([
      commands.account("check"),
      commands.account("import", commands.mapping),
      commands.account("compare", commands.mapping)
    ]),
    ...steps(plan, commands).flatMap((step, at) => stepText(step, at + 1, rehearsal)),
    ""
  ].join("\n")
}

const quoted = (file: string): string => (/^[\w./:@%+=-]+$/.test(file) ? file : `'${file.replaceAll("'", `'\\''`)}'`)

const commandsOf = ({ command = "npx aywa-runtime", mapping, config, bundle }: RunbookOptions): Commands => ({
  mapping: `--mapping ${quoted(mapping)}`,
  step: (name, more = "") =>
    `${command} migrate ${name} --mapping ${quoted(mapping)} --config ${quoted(config)} ${more}`.trimEnd(),
  detect: `${command} migrate detect --mapping ${quoted(mapping)} --json`,
  account: (name, more = "") =>
    `${command} migrate ${name} ${bundle === undefined ? "BUNDLE" : quoted(bundle)} ${more}`.trimEnd()
})

const code = (text: string): string => `\`${text.replaceAll("|", "\\|")}\``

const tablesText = (plan: DatabasePlan, rehearsal: Rehearsal | undefined): ReadonlyArray<string> => [
  "## What changes",
  "",
  "| column | kind | rows that change | rows of the table |",
  "|---|---|---:|---:|",
  ...plan.locations.map(({ label, kind }) => {
    const { rows, tableRows } = rehearsal?.locations.find(({ location }) => location === label) ?? {}
    return `| ${code(label)} | ${kind} | ${rows ?? "____"} | ${tableRows ?? "____"} |`
  }),
  "",
  ...(plan.references.length === 0
    ? []
    : [
        `Foreign keys that are counted: ${plan.references.map(({ name, table, columns }) => code(name ?? `${table}.${columns.join(",")}`)).join(", ")}.`,
        ""
      ])
]

const findingsText = (plan: DatabasePlan, rehearsal: Rehearsal | undefined): ReadonlyArray<string> => [
  ...(plan.findings.length + plan.notes.length === 0
    ? []
    : [
        "## What the plan says",
        "",
        ...plan.findings.map(
          ({ level, subject, message }) => `- [ ] **${level}** ${code(subject)}: ${message} Owner: ____`
        ),
        ...plan.notes.map((note) => `- [ ] ${note}`),
        ""
      ]),
  ...(rehearsal === undefined
    ? ["**Not rehearsed.** Times below are blanks until `migrate runbook --rehearse` has run on a copy.", ""]
    : [
        `Rehearsed: ${rehearsal.changed} rows rewritten and ${rehearsal.notRestored.length === 0 ? "all of them put back" : "not all of them put back"}.`,
        ...rehearsal.problems.map((problem) => `- [ ] **to be solved first**: ${problem} Owner: ____`),
        ...rehearsal.notRestored.map(
          ({ location, reason, rows }) =>
            `- [ ] **not put back**: ${code(location)}, ${rows} rows (${reason}) Owner: ____`
        ),
        ""
      ])
]

const fenced = (lines: ReadonlyArray<string>): ReadonlyArray<string> =>
  lines.length === 0 ? [] : ["```sh", ...lines, "```", ""]

const stepText = (step: Step, number: number, rehearsal: Rehearsal | undefined): ReadonlyArray<string> => [
  `## ${number}. ${step.title}`,
  "",
  ...(number === 9
    ? [
        "> **Point of no return.** Up to here everything can be put back. From the first command below documents and texts",
        "> cannot, from the second nothing can.",
        ""
      ]
    : []),
  `Owner: ____ · begun: ____ · ended: ____${step.timed.length === 0 ? "" : ` · on the copy: ${timeOf(step, rehearsal)}`}`,
  "",
  `Locked: ${step.locked}`,
  "",
  ...step.tasks.map((task) => `- [ ] ${task}`),
  "",
  ...fenced(step.commands),
  `Done when: ${step.done}`,
  "",
  `Back: ${step.back}`,
  ""
]

const timeOf = ({ timed }: Step, rehearsal: Rehearsal | undefined): string => {
  const known = timed.flatMap((step) => rehearsal?.seconds[step] ?? [])
  return known.length < timed.length ? "____" : `${known.reduce((a, b) => a + b, 0).toFixed(1)} s`
}

const steps = (plan: DatabasePlan, commands: Commands): ReadonlyArray<Step> => [
  ...rewriting(plan, commands),
  ...switching(plan, commands)
]

const rewriting = (plan: DatabasePlan, { step, detect }: Commands): ReadonlyArray<Step> => {
  const locks = locksOf(plan)
  const rollback = `${step("rollback")} (step 8).`
  return [
    {
      title: "Copy",
      timed: [],
      locked: locks.copy,
      tasks: [
        `Restore a backup next to production, and point DATABASE_URL at it. Version and settings of the server as in production.`,
        "Look for columns that nobody thought of, and name them in the locations.",
        "Rehearse there, and write this runbook anew: it has the times then."
      ],
      commands: [detect, step("runbook", "--rehearse --output runbook.md")],
      done: "nothing above is left to be solved, and each column that detect names is a location or left on purpose.",
      back: "drop the copy."
    },
    {
      title: "Prepare",
      timed: [],
      locked: locks.prepare,
      tasks: [
        "A backup of today, restored once to know that it can be.",
        "DATABASE_URL points at production. The role is the one that runs every step.",
        ...locks.preparations
      ],
      commands: [],
      done: "the backup is restorable, and rights and schema are there.",
      back: "nothing was changed."
    },
    {
      title: "Dry run",
      timed: ["dry-run"],
      locked: locks.dryRun,
      tasks: [
        "Counts are about those of the table above.",
        "There is room for the ledgers: key and value, before and after, of each row that changes."
      ],
      commands: [step("dry-run")],
      done: "exit code 0: nothing stops apply.",
      back: `${step("cleanup")}: no row of yours was changed.`
    },
    {
      title: "Apply",
      timed: ["apply"],
      locked: locks.apply,
      tasks: ["The application goes on. Watch its latency and its errors.", "Interrupted, run it again: it goes on."],
      commands: [step("apply", "--yes")],
      done: "exit code 0.",
      back: rollback
    },
    {
      title: "Catch up",
      timed: ["catch-up"],
      locked: "as in step 4, for the rows that came.",
      tasks: ["Passes go on through steps 6 and 7, in a terminal of their own."],
      commands: [step("apply", "--yes --watch")],
      done: "a pass finds nothing while nobody writes ids of the source.",
      back: rollback
    },
    {
      title: "Verify",
      timed: ["verify"],
      locked: locks.verify,
      tasks: ["Ids that are left and broken references are errors. What others wrote is information: read it."],
      commands: [step("verify", "--api")],
      done: "exit code 0.",
      back: rollback
    }
  ]
}

const switching = (plan: DatabasePlan, { step, account, mapping }: Commands): ReadonlyArray<Step> => {
  const locks = locksOf(plan)
  return [
    {
      title: "Switch the application",
      timed: [],
      locked: "nothing.",
      tasks: [
        "What changed in the account meanwhile is imported; extend takes mappings that came.",
        "Address and key of the application are the runtime's. Owner: ____",
        "Webhooks of the runtime arrive and are accepted. Owner: ____",
        "Numbers lead to the runtime: migrate numbers plan, switch, verify. Owner: ____",
        "Old writers are gone; the watch of step 5 is ended (Ctrl-C) after two quiet passes, and step 6 run again."
      ],
      commands: [account("compare", mapping), step("extend")],
      done: "calls go through the runtime for a day, and verify exits with 0.",
      back: "address and key as they were; migrate numbers back; then step 8."
    },
    {
      title: "Roll back, if it must be",
      timed: ["rollback"],
      locked: "as in step 4.",
      tasks: [
        "Only on the decision of who decides. Time after which it is too late to be worth it: ____",
        "Writers of runtime ids are stopped first, or --reverse takes what they wrote, too."
      ],
      commands: [step("rollback"), step("rollback", "--reverse")],
      done: "exit code 0; with 1 the rows that could not be put back are listed: ____ looks at each.",
      back: "step 3 and on again."
    },
    {
      title: "Clean up",
      timed: ["cleanup"],
      locked: locks.cleanup,
      tasks: [
        "Days later: ____. Backups that hold ledgers hold copies of rows: they expire on ____.",
        "The mapping file is kept somewhere safe: it alone knows which row became which.",
        "Foreign keys that were changed for the migration are as they were."
      ],
      commands: [step("cleanup", "--values"), step("cleanup")],
      done: "the second command says that it dropped the ledgers.",
      back: "none."
    }
  ]
}
