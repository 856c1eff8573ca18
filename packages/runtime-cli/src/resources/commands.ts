/**
 * The resource commands, computed from the contract table: an operation that the table gains is a command without a
 * change here.
 */
import { contract, type Group, type Operation, type Spec, specOf } from "@aywa-ai/runtime-sdk/contract"
import { argument, branch, type Example, flag, leaf, optionalArgument, text, texts } from "../cli/define.ts"
import { align } from "../tools/command.ts"
import { queryFlags } from "./query.ts"
import { kebab, operationText, plural, resourceTexts, singular } from "./words.ts"

/** One command per resource of the contract. */
export const resourceCommands = () =>
  Object.entries<Group>(contract).map(([name, group]) => resourceCommand(name, group))

const resourceCommand = (resource: string, group: Group) =>
  branch({
    name: kebab(resource),
    description: resourceTexts[resource] ?? `The ${plural(resource)} of the runtime.`,
    examples: Object.keys(group)
      .slice(0, 3)
      .flatMap((operation) => examplesOf(resource, operation, group[operation]).slice(0, 1)),
    commands: [
      ...Object.entries(group).map(([name, operation]) => operationCommand(resource, name, operation)),
      // What is more than one operation, beside them.
      ...(resource === "tools" ? [align] : [])
    ]
  })

const operationCommand = (resource: string, name: string, operation: Operation) => {
  const spec = specOf(operation)
  const { hasId, hasBody, isList, isDelete, isWrite } = traits(spec, name)
  return leaf({
    name: kebab(name),
    description: operationText(resource, name, `${spec.method} ${spec.path}`),
    examples: examplesOf(resource, name, operation),
    config: {
      ...(hasId ? { id: argument("id", `Id of the ${singular(resource)}`) } : {}),
      ...(hasBody
        ? {
            file: spec.multipart
              ? argument("file", "File to upload")
              : optionalArgument("file", "JSON or YAML file with the body; - reads stdin"),
            set: texts("set", "PATH=VALUE", "Sets one field of the body, such as metadata.team=desk. May be repeated")
          }
        : {}),
      ...(isWrite && spec.method === "POST"
        ? {
            idempotencyKey: text(
              "idempotency-key",
              "KEY",
              "Makes a repetition of this command safe: the same key gives the first answer again"
            )
          }
        : {}),
      ...(spec.kind === "bytes" ? { output: text("output", "FILE", "Writes here instead of to stdout") } : {}),
      ...(isList
        ? {
            all: flag("all", "Every page, not only the first"),
            columns: text("columns", "A,B", "Fields to show as columns, such as id,name,model.model")
          }
        : {}),
      query: queryFlags(spec)
    },
    run: async (input, session) => {
      const { runOperation } = await import("./run.ts")
      await runOperation({ resource, name, spec, isDelete, input }, session)
    }
  })
}

const traits = (spec: Spec, name: string) => ({
  hasId: spec.path.includes(":id"),
  hasBody: spec.body !== undefined,
  isList: spec.kind === "page",
  isDelete: name === "delete",
  isWrite: spec.method !== "GET"
})

const examplesOf = (resource: string, name: string, operation: Operation | undefined): ReadonlyArray<Example> => {
  if (operation === undefined) return []
  const command = `${kebab(resource)} ${kebab(name)}`
  const { hasId, hasBody, isDelete } = traits(specOf(operation), name)
  const one = singular(resource)
  const file = `${one.replaceAll(" ", "-")}.yaml`
  if (name === "list") {
    return [
      [`${command} --limit 20`, `The 20 newest ${plural(resource)}`],
      [`${command} --all --json | jq '.items[].id'`, "Every id, through jq"]
    ]
  }
  if (name === "create") {
    return [
      [`${command} ${file}`, "From a YAML or JSON file"],
      [`${command} - --idempotency-key order-4711 < ${file}`, "From stdin; running it again creates no second one"]
    ]
  }
  if (name === "update") {
    return [
      [`${command} ID --set name="Front desk"`, "Change one field"],
      [`${command} ID ${file}`, "Change what the file has"]
    ]
  }
  if (isDelete) return [[`${command} ID --yes`, "Without asking"]]
  const { multipart, kind } = specOf(operation)
  const words = [
    command,
    ...(hasId ? ["ID"] : []),
    ...(hasBody ? [multipart ? "prices.pdf" : "body.json"] : []),
    ...(kind === "bytes" ? ["--output prices.pdf"] : [])
  ]
  return [[words.join(" "), operationText(resource, name, command)]]
}
