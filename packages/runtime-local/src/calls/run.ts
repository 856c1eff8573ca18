/**
 * A call under way: what is left to do, and what has happened so far.
 */
import type { JsonObject } from "../json/object.ts"

/** What is left to do, in order. */
export type Step =
  | { readonly do: "queue" }
  | { readonly do: "ring" }
  | { readonly do: "request-assistant"; readonly eventId?: string | undefined }
  | { readonly do: "answer" }
  | { readonly do: "speak"; readonly role: Role; readonly text: string; readonly interrupts?: boolean | undefined }
  | { readonly do: "spoken"; readonly role: Role; readonly text: string; readonly since: number }
  | { readonly do: "knowledge"; readonly eventId?: string | undefined }
  | {
      readonly do: "tool"
      readonly name: string
      readonly arguments: JsonObject
      readonly toolCallId: string
      readonly eventId?: string | undefined
      /** Whether the call of the tool is part of the conversation already. */
      readonly called?: boolean | undefined
    }
  | {
      readonly do: "transfer"
      readonly destination: JsonObject | undefined
      /** The call of the tool that led to this. */
      readonly toolCallId?: string | undefined
      readonly eventId?: string | undefined
    }
  | { readonly do: "handoff"; readonly assistantId?: string | undefined; readonly assistantName?: string | undefined }
  | { readonly do: "wait"; readonly ms: number }
  /** Waits for somebody who gives the next steps by hand. */
  | { readonly do: "listen" }
  | { readonly do: "end"; readonly reason: string; readonly by?: "assistant" | undefined }

/** The steps of one kind. */
export type StepOf<Name extends Step["do"]> = Extract<Step, { readonly do: Name }>

/** Who speaks. */
export type Role = "assistant" | "user"

/** What a run knows beside its steps. */
export interface RunState {
  /** With the call's overrides applied; `undefined` while it is not known. */
  readonly assistant: JsonObject | undefined
  readonly phoneNumber: JsonObject | undefined
  /** Epoch milliseconds of the answer. */
  readonly startedAt: number | undefined
  readonly turn: number
  readonly messages: ReadonlyArray<JsonObject>
  readonly muted: ReadonlyArray<Role>
  readonly analysis: JsonObject | undefined
  /** Without the waits of the pace. */
  readonly hurried: boolean
}

/** A run. */
export interface Run {
  readonly callId: string
  readonly organization: string
  readonly done: boolean
  readonly steps: ReadonlyArray<Step>
  readonly state: RunState
}

/** A run with steps put before what is left. */
export const first = (run: Run, ...steps: ReadonlyArray<Step>): Run => ({ ...run, steps: [...steps, ...run.steps] })

/** A run with fields of its state changed. */
export const withState = (run: Run, state: Partial<RunState>): Run => ({ ...run, state: { ...run.state, ...state } })

/** The assistant of a call with the overrides that the call has for it. */
export const withOverrides = (assistant: JsonObject, overrides: JsonObject | undefined): JsonObject => {
  if (overrides === undefined) return assistant
  const { variableValues: _, "tools:append": __, ...fields } = overrides
  return { ...assistant, ...fields }
}
