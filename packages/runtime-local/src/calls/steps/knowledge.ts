/**
 * The user spoke, and the assistant has a knowledge base: its server gives documents, or the words to say.
 */
import { isObject, objectAt } from "../../json/object.ts"
import { chatOf } from "../conversation.ts"
import { log } from "../record.ts"
import { first, type Run } from "../run.ts"
import { remember } from "../speech.ts"
import type { Stage } from "../stage.ts"
import { askServer, type ServerAnswer } from "./question.ts"
import type { StepKind } from "./step.ts"

export const knowledge: StepKind<"knowledge"> = {
  perform: (context, run, step) => {
    const { messages, assistant } = run.state
    const server = objectAt(assistant, "model", "knowledgeBase", "server")
    const question = {
      type: "knowledge-base-request",
      own: { messages, messagesOpenAIFormatted: chatOf(messages) },
      event: { own: { level: "knowledge-base", server } }
    } as const
    return askServer(context, run, step, question, (run, answer) => onAnswer(context, run, answer))
  }
}

const onAnswer = (stage: Stage, run: Run, { reply, error }: ServerAnswer): Run => {
  const documents = reply?.["documents"]
  if (Array.isArray(documents)) {
    const texts = documents.filter(isObject).map(({ content }) => String(content ?? ""))
    log(stage, run, "info", `The knowledge base gave ${texts.length} documents`)
    return texts.length === 0 ? run : remember(stage, run, { role: "system", message: texts.join("\n\n") })
  }
  const text = objectAt(reply, "message")?.["content"]
  if (typeof text === "string") return first(run, { do: "speak", role: "assistant", text })
  log(stage, run, "warn", `The knowledge base gave nothing: ${error ?? "no documents, no message"}`)
  return run
}
