/**
 * Where rows refer to other rows: by id, and by name. What moves rows from one runtime (or source account) to another
 * has to rewrite exactly these places, and nothing else.
 *
 * The table is data. A place that holds a whole row inline (a tool inside of a model, an assistant inside of a
 * squad) names the kind of that row, so that its places are written down once.
 *
 * @since 0.1.0
 */
import { isObject } from "../schema/isObject.ts"
import type { JsonObject } from "./Operation.ts"

/**
 * Kinds of rows that refer to others.
 *
 * @since 0.1.0
 * @category models
 */
export type ReferringKind =
  | "assistants"
  | "credentials"
  | "files"
  | "phoneNumbers"
  | "squads"
  | "structuredOutputs"
  | "tools"

/**
 * Kinds of rows that are referred to. Some are known to the source API only: a runtime has no such resource.
 *
 * @since 0.1.0
 * @category models
 */
export type ReferredKind =
  | "assistants"
  | "credentials"
  | "files"
  | "knowledgeBases"
  | "monitors"
  | "pronunciationDictionaries"
  | "scorecards"
  | "squads"
  | "structuredOutputs"
  | "tools"
  | "workflows"

/**
 * A place that refers to another row.
 *
 * @since 0.1.0
 * @category models
 */
export interface Reference {
  /** Keys joined by dots; `[]` stands for every item of a list, or for the one value where no list is. */
  readonly path: string
  /** What kind of row it names. */
  readonly to: ReferredKind
  /** Whether by id or by name. */
  readonly by: "id" | "name"
}

/**
 * A place that holds a whole row (or a part of one) of another kind.
 *
 * @since 0.1.0
 * @category models
 */
export interface InlineRow {
  /** Where the row stands inside of the other. */
  readonly path: string
  /** Its own references are those of this kind. */
  readonly as: ReferringKind
}

/**
 * A reference found in a row.
 *
 * @since 0.1.0
 * @category models
 */
export interface FoundReference extends Reference {
  /** Where exactly, from the top of the row: `model.toolIds[0]`. */
  readonly at: string
  /** The id or the name that stands there. */
  readonly value: string
}

const id = (to: ReferredKind, ...paths: ReadonlyArray<string>): ReadonlyArray<Reference> =>
  paths.map((path) => ({ path, to, by: "id" }))

const name = (to: ReferredKind, ...paths: ReadonlyArray<string>): ReadonlyArray<Reference> =>
  paths.map((path) => ({ path, to, by: "name" }))

const inline = (as: ReferringKind, ...paths: ReadonlyArray<string>): ReadonlyArray<InlineRow> =>
  paths.map((path) => ({ path, as }))

const hooks = [
  ...id("tools", "hooks[].do[].toolId"),
  ...name("assistants", "hooks[].do[].destination.assistantName"),
  ...inline("tools", "hooks[].do[].tool")
]

/**
 * Every place of every kind of row that refers to another row.
 *
 * @since 0.1.0
 * @category references
 */
export const references: Readonly<Record<ReferringKind, ReadonlyArray<Reference | InlineRow>>> = {
  assistants: [
    ...id("tools", "model.toolIds[]", "model.toolRefs[].toolId", "compliancePlan.recordingConsentPlan.declineToolId"),
    ...id(
      "credentials",
      "credentialIds[]",
      "server.credentialId",
      "model.knowledgeBase.server.credentialId",
      "voice.server.credentialId",
      "voice.fallbackPlan.voices[].server.credentialId",
      "transcriber.server.credentialId",
      "transcriber.fallbackPlan.transcribers[].server.credentialId",
      "startSpeakingPlan.smartEndpointingPlan.server.credentialId"
    ),
    ...id("structuredOutputs", "artifactPlan.structuredOutputIds[]"),
    ...id("scorecards", "artifactPlan.scorecardIds[]"),
    ...id("monitors", "monitorPlan.monitorIds[]"),
    ...id("workflows", "model.workflowId"),
    ...id("knowledgeBases", "model.knowledgeBaseId"),
    ...id(
      "pronunciationDictionaries",
      "voice.pronunciationDictId",
      "voice.pronunciationDictionary[].pronunciationDictId",
      "voice.pronunciationDictionaryLocators[].pronunciationDictionaryId",
      "voice.fallbackPlan.voices[].pronunciationDictId",
      "voice.fallbackPlan.voices[].pronunciationDictionary[].pronunciationDictId",
      "voice.fallbackPlan.voices[].pronunciationDictionaryLocators[].pronunciationDictionaryId"
    ),
    ...inline("tools", "model.tools[]", "tools:append[]"),
    ...inline("structuredOutputs", "artifactPlan.structuredOutputs[]"),
    ...hooks
  ],
  tools: [
    ...id("credentials", "credentialId", "server.credentialId", "destinations[].server.credentialId"),
    ...id("assistants", "destinations[].assistantId"),
    ...id("squads", "destinations[].squadId"),
    ...id("files", "knowledgeBases[].fileIds[]"),
    ...id("knowledgeBases", "knowledgeBaseId"),
    ...name("assistants", "destinations[].assistantName", "destinations[].entryAssistantName"),
    ...inline(
      "assistants",
      "destinations[].assistant",
      "destinations[].assistantOverrides",
      "destinations[].squadOverrides"
    ),
    ...inline("squads", "destinations[].squad")
  ],
  phoneNumbers: [
    ...id("assistants", "assistantId"),
    ...id("squads", "squadId"),
    ...id("workflows", "workflowId"),
    ...id("credentials", "credentialId", "server.credentialId"),
    ...hooks
  ],
  structuredOutputs: [...id("assistants", "assistantIds[]"), ...id("workflows", "workflowIds[]")],
  squads: [
    ...id("assistants", "members[].assistantId"),
    ...name("assistants", "members[].assistantDestinations[].assistantName"),
    ...inline("assistants", "members[].assistant", "members[].assistantOverrides", "membersOverrides")
  ],
  credentials: [],
  files: []
}

/**
 * The references of a row, in the order of the table. `null`, empty and non-text values refer to nothing.
 *
 * @since 0.1.0
 * @category references
 */
export const findReferences = (kind: ReferringKind, row: JsonObject): ReadonlyArray<FoundReference> => {
  const references: Array<FoundReference> = []
  walk(kind, row, "", (reference) => {
    references.push(reference)
    return reference.value
  })
  return references
}

/**
 * A row whose references point somewhere else, and those that could not be resolved.
 *
 * @since 0.1.0
 * @category models
 */
export interface Rewritten {
  /** The very row that went in when nothing changed; else a copy. Everything that is no reference is kept as it was. */
  readonly row: JsonObject
  /** The references that `resolve` had no answer for. They stand in the row unchanged. */
  readonly unresolved: ReadonlyArray<FoundReference>
}

/**
 * Rewrites the references of a row. `resolve` gives what is to stand in place of a reference, or `undefined` when it
 * does not know the row that is meant.
 *
 * @since 0.1.0
 * @category references
 */
export const rewriteReferences = (
  kind: ReferringKind,
  row: JsonObject,
  resolve: (reference: FoundReference) => string | undefined
): Rewritten => {
  const unresolved: Array<FoundReference> = []
  const newRow = walk(kind, row, "", (reference) => {
    const value = resolve(reference)
    if (value === undefined) unresolved.push(reference)
    return value ?? reference.value
  })
  return { row: isObject(newRow) ? newRow : row, unresolved }
}

type Visit = (reference: FoundReference) => string

interface Step {
  readonly key: string
  /** Whether the value is a list. */
  readonly each: boolean
}

interface Place {
  readonly rule: Reference | InlineRow
  readonly steps: ReadonlyArray<Step>
}

const stepsOf = (path: string): ReadonlyArray<Step> =>
  path.split(".").map((key) => (key.endsWith("[]") ? { key: key.slice(0, -2), each: true } : { key, each: false }))

const places = new Map<string, ReadonlyArray<Place>>(
  Object.entries(references).map(([kind, rules]) => [kind, rules.map((rule) => ({ rule, steps: stepsOf(rule.path) }))])
)

/** Visits every reference below `value`; gives `value` itself, or a copy in which the visited are replaced. */
const walk = (kind: ReferringKind, value: unknown, at: string, visit: Visit): unknown => {
  let result = value
  for (const place of places.get(kind) ?? []) result = descend(place, 0, result, at, visit)
  return result
}

const descend = (place: Place, depth: number, value: unknown, at: string, visit: Visit): unknown => {
  const step = place.steps[depth]
  if (step === undefined) return arrive(place.rule, value, at, visit)
  if (!isObject(value) || !Object.hasOwn(value, step.key)) return value
  const before = value[step.key]
  const here = at === "" ? step.key : `${at}.${step.key}`
  const after =
    step.each && Array.isArray(before)
      ? mapItems(before, (item, index) => descend(place, depth + 1, item, `${here}[${index}]`, visit))
      : descend(place, depth + 1, before, here, visit)
  return after === before ? value : { ...value, [step.key]: after }
}

const arrive = (rule: Reference | InlineRow, value: unknown, at: string, visit: Visit): unknown => {
  if ("as" in rule) return walk(rule.as, value, at, visit)
  return typeof value === "string" && value !== "" ? visit({ ...rule, at, value }) : value
}

/** The list itself when no item changed. */
const mapItems = (items: ReadonlyArray<unknown>, f: (item: unknown, index: number) => unknown) => {
  const mapped = items.map(f)
  return mapped.every((item, index) => item === items[index]) ? items : mapped
}
