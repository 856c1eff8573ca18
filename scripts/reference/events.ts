/** The page of the events: what each tells or asks, its fields, a payload, and what is answered. */
import { join } from "node:path"
import { webhookEvents } from "@aywa-ai/runtime-sdk/contract"
import { eventExample, shown } from "./examples.ts"
import { type Declared, readSource } from "./source.ts"

const cell = (text: string) => text.replace(/\s*\n\s*/g, " ").replace(/\|/g, "\\|")
const code = (text: string) => `\`${text.replace(/\|/g, "\\|")}\``
const anchor = (type: string) => type.toLowerCase().replace(/[^a-z]+/g, "-")

const fieldsOf = (declared: Declared | undefined): string =>
  (declared?.fields ?? []).length === 0
    ? "No fields of its own."
    : `| field | type | |\n|---|---|---|\n${declared?.fields
        .map(
          ({ name, type, optional, doc }) =>
            `| ${code(name)}${optional ? "" : " \\*"} | ${code(type.replace(" | undefined", ""))} | ${cell(doc)} |`
        )
        .join("\n")}`

/** The page, from the interfaces of the entry `./webhooks` and the fixtures of its tests. */
export const eventsPage = (root: string): string => {
  const { declared } = readSource(join(root, "packages/runtime-sdk/src/webhooks/events.ts"))
  const ofType = (type: string) => declared.find(({ of }) => of.includes(`Common<"${type}">`))
  const common = declared.find(({ name }) => name === "Common")
  const events = Object.entries(webhookEvents)
  const list = (wanted: (info: (typeof events)[number][1]) => boolean): string =>
    events
      .filter(([, info]) => wanted(info))
      .map(
        ([type, { summary, reply }]) =>
          `| [${code(type)}](#${anchor(type)}) | ${cell(summary)} | ${reply === undefined ? "" : code(reply)} |`
      )
      .join("\n")
  const sections = events.map(([type, { reply, withinMs, sourceOnly }]) => {
    const source = ofType(type)
    const example = eventExample(type)
    return `### ${type}

${source?.doc ?? ""}${sourceOnly === true ? " Only the source platform sends it." : ""}

${reply === undefined ? "Takes no answer: any 2xx acknowledges it." : `**Answer:** ${code(reply)}${withinMs === undefined ? "" : `, within ${withinMs / 1000} seconds`}.`}

${fieldsOf(source)}
${example === undefined ? "" : `\n\`\`\`json\n${shown(example)}\n\`\`\`\n`}`
  })
  return `<!-- Written by \`npm run reference\` from src/webhooks/events.ts. Change it there. -->

# Events

What the runtime sends to a server of yours: \`POST\` with \`{ "message": { "type", … } }\`, signed. How to take them:
[receive webhooks](../webhooks.md). Which of them are sent is chosen with \`serverMessages\` of an assistant and \`events\`
of a webhook endpoint.

## Questions

They wait for an answer.

| type | | answer |
|---|---|---|
${list(({ reply, sourceOnly }) => reply !== undefined && sourceOnly !== true)}

## Notices

They are sent at least once, and again until a 2xx.

| type | | |
|---|---|---|
${list(({ reply, sourceOnly }) => reply === undefined && sourceOnly !== true)}

## Of the source platform only

| type | | answer |
|---|---|---|
${list(({ sourceOnly }) => sourceOnly === true)}

## Every event

${fieldsOf(common)}

\\* is always there. What \`call\`, \`customer\`, \`artifact\` and the like have in them is on the pages of
[calls](./calls.md), [phone numbers](./phoneNumbers.md) and [assistants](./assistants.md).

${sections.join("\n")}`
}
