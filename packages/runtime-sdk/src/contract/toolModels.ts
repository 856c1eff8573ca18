/**
 * Parts of a tool: what is said while it runs, when it is refused, and what is taken out of its answer. They describe
 * what the contract names; a runtime may send more, which is kept.
 *
 * @since 0.2.0
 */
import type { JsonObject, Open } from "./Operation.ts"
import type { OpenAIMessage, Server } from "./shared.ts"

/**
 * Text in one language.
 *
 * @since 0.2.0
 * @category models
 */
export interface TextContent extends JsonObject {
  /** Always `"text"` today. */
  readonly type: Open<"text">
  /** What is said. */
  readonly text: string
  /** ISO 639 code of the language, such as `"en"`. */
  readonly language: string
}

/**
 * When a tool message is chosen: a parameter of the tool compared with a value.
 *
 * @since 0.2.0
 * @category models
 */
export interface MessageCondition extends JsonObject {
  /** How the two are compared. */
  readonly operator: Open<"eq" | "neq" | "gt" | "gte" | "lt" | "lte">
  /** Name of the tool's parameter. */
  readonly param: string
  /** What it is compared with. */
  readonly value: unknown
}

/**
 * What the assistant says while a tool runs, and after it.
 *
 * @since 0.2.0
 * @category models
 */
export interface ToolMessage extends JsonObject {
  /** When it is said: as the request starts, is done, has failed, or takes long. */
  readonly type: Open<"request-start" | "request-complete" | "request-failed" | "request-response-delayed">
  /** What is said, at most 1,000 characters. */
  readonly content?: string | null
  /** The same in several languages, instead of `content`. */
  readonly contents?: ReadonlyArray<TextContent> | null
  /** All must hold for this message to be chosen. */
  readonly conditions?: ReadonlyArray<MessageCondition> | null
  /** For `request-start`: whether the tool waits until it was said; `false` when absent. */
  readonly blocking?: boolean | null
  /** For `request-complete` and `request-failed`: `assistant` says it, `system` gives it to the model. */
  readonly role?: Open<"assistant" | "system"> | null
  /** For `request-complete` and `request-failed`: whether the call ends after it. */
  readonly endCallAfterSpokenEnabled?: boolean | null
  /** For `request-response-delayed`: milliseconds after which it is said, 100 to 120,000. */
  readonly timingMilliseconds?: number | null
}

/**
 * Which entry of the conversation a rejection condition looks at.
 *
 * @since 0.2.0
 * @category models
 */
export interface ConditionTarget extends JsonObject {
  /** Whose entry; anybody's when absent. */
  readonly role?: Open<"user" | "assistant" | "system"> | null
  /** Which of them: `-1` is the latest. */
  readonly position?: number | null
}

/**
 * One condition of a rejection plan.
 *
 * @since 0.2.0
 * @category models
 */
export interface RejectionCondition extends JsonObject {
  /** A pattern, a Liquid template that gives `true`, or a group of conditions. */
  readonly type: Open<"regex" | "liquid" | "group">
  /** For `regex`: the pattern. */
  readonly regex?: string | null
  /** For `regex`: what it is held against; the latest entry of the user when absent. */
  readonly target?: ConditionTarget | null
  /** For `regex`: whether the condition holds when the pattern does not match. */
  readonly negate?: boolean | null
  /** For `liquid`: the template. */
  readonly liquid?: string | null
  /** For `group`: whether all conditions must hold, or any. */
  readonly operator?: Open<"AND" | "OR"> | null
  /** For `group`: its conditions. */
  readonly conditions?: ReadonlyArray<RejectionCondition> | null
}

/**
 * When a call of a tool is refused before it runs: as soon as all conditions hold.
 *
 * @since 0.2.0
 * @category models
 */
export interface RejectionPlan extends JsonObject {
  /** All must hold. */
  readonly conditions?: ReadonlyArray<RejectionCondition> | null
}

/**
 * A variable that a tool's answer is stored in.
 *
 * @since 0.2.0
 * @category models
 */
export interface VariableAlias extends JsonObject {
  /** Name of the variable, used as `{{name}}` from then on. */
  readonly key: string
  /** Liquid template over the answer, such as `"{{ patient.id }}"`. */
  readonly value: string
}

/**
 * What of a tool's answer becomes variables of the call.
 *
 * @since 0.2.0
 * @category models
 */
export interface VariableExtractionPlan extends JsonObject {
  /** JSON Schema of what is extracted. */
  readonly schema?: JsonObject | null
  /** More variables, made by templates. */
  readonly aliases?: ReadonlyArray<VariableAlias> | null
}

/**
 * What of the conversation the next assistant sees after a handoff.
 *
 * @since 0.2.0
 * @category models
 */
export interface ContextEngineeringPlan extends JsonObject {
  /** Everything, nothing, the last messages, or only what was said. */
  readonly type: Open<"all" | "none" | "lastNMessages" | "userAndAssistantMessages" | "previousAssistantMessages">
  /** For `lastNMessages`: how many. */
  readonly maxMessages?: number | null
}

/**
 * A summary that is written for the person who takes over a transferred call.
 *
 * @since 0.2.0
 * @category models
 */
export interface TransferSummaryPlan extends JsonObject {
  /** Whether one is written. */
  readonly enabled?: boolean | null
  /** Prompt messages for the summary. */
  readonly messages?: ReadonlyArray<OpenAIMessage> | null
  /** Seconds for writing it, 1 to 60. */
  readonly timeoutSeconds?: number | null
}

/**
 * How a call is transferred.
 *
 * @since 0.2.0
 * @category models
 */
export interface TransferPlan extends JsonObject {
  /** Blind hands over at once; the warm modes first speak to who picks up. */
  readonly mode: Open<
    | "blind-transfer"
    | "blind-transfer-add-summary-to-sip-header"
    | "warm-transfer-experimental"
    | "warm-transfer-say-message"
    | "warm-transfer-say-summary"
    | "warm-transfer-twiml"
    | "warm-transfer-wait-for-operator-to-speak-first-and-then-say-message"
    | "warm-transfer-wait-for-operator-to-speak-first-and-then-say-summary"
  >
  /** What the operator hears, in the modes that say a message. */
  readonly message?: string | JsonObject | null
  /** Seconds until a transfer is given up, 1 to 600; the default is 60. */
  readonly timeout?: number | null
  /** Seconds that the operator's phone rings, 1 to 600; the default is 60. */
  readonly dialTimeout?: number | null
  /** How a SIP call is handed over. */
  readonly sipVerb?: Open<"refer" | "bye" | "dial"> | null
  /** URL of what the customer hears while waiting. */
  readonly holdAudioUrl?: string | null
  /** For `warm-transfer-twiml`: at most 4,096 characters. */
  readonly twiml?: string | null
  /** For the modes that say a summary. */
  readonly summaryPlan?: TransferSummaryPlan | null
  /** What happens when nobody takes the call. */
  readonly fallbackPlan?: JsonObject | null
}

/**
 * A knowledge base that a `query` tool searches.
 *
 * @since 0.2.0
 * @category models
 */
export interface QueryKnowledgeBase extends JsonObject {
  /** Who searches; `"google"` today. */
  readonly provider: Open<"google">
  /** How the model calls it. */
  readonly name: string
  /** What is in it, and when to search it. */
  readonly description: string
  /** Ids of its files. */
  readonly fileIds: ReadonlyArray<string>
  /** Model that reads the files. */
  readonly model?: string | null
}

/**
 * A value that is sent with every call of a tool, beside what the model gives.
 *
 * @since 0.2.0
 * @category models
 */
export interface ToolParameter extends JsonObject {
  /** Name of the parameter. */
  readonly key: string
  /** Any JSON; text may be a Liquid template. */
  readonly value: unknown
}

/**
 * A variable in the environment of a `code` tool.
 *
 * @since 0.2.0
 * @category models
 */
export interface EnvironmentVariable extends JsonObject {
  /** Upper case letters, digits and `_`, at most 64 characters. */
  readonly name: string
  /** At most 10,000 characters. */
  readonly value: string
}

/**
 * What is said while one tool of an `mcp` server runs.
 *
 * @since 0.2.0
 * @category models
 */
export interface McpToolMessages extends JsonObject {
  /** Name of the tool on that server. */
  readonly name: string
  /** Said while it runs. */
  readonly messages?: ReadonlyArray<ToolMessage> | null
}

/**
 * A knowledge base of your own, asked through your server.
 *
 * @since 0.2.0
 * @category models
 */
export interface CustomKnowledgeBase extends JsonObject {
  /** `"custom-knowledge-base"`. */
  readonly provider: Open<"custom-knowledge-base">
  /** The server that is asked (`knowledge-base-request`). */
  readonly server?: Server | null
}
