/**
 * Bodies are named: what an editor shows is `CreateAssistant`. A name of its own is an interface that was declared, which
 * the mapped type `Input` is not: only an alias of it would be shown spelled out.
 */
import type * as Sdk from "@aywa-ai/runtime-sdk"
import type { contract } from "@aywa-ai/runtime-sdk/contract"

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const proven = <T extends true>(): T | void => undefined

type Contract = typeof contract
type Body<R extends keyof Contract, M extends keyof Contract[R]> = Sdk.TypesOf<Contract[R][M]>["body"]

proven<Equal<Body<"assistants", "create">, Sdk.CreateAssistant>>()
proven<Equal<Body<"assistants", "update">, Sdk.UpdateAssistant>>()
proven<Equal<Body<"calls", "create">, Sdk.CreateCall>>()
proven<Equal<Body<"calls", "createBatch">, Sdk.CreateCallBatch>>()
proven<Equal<Body<"calls", "createPhone">, Sdk.CreatePhoneCall>>()
proven<Equal<Body<"calls", "createWeb">, Sdk.CreateWebCall>>()
proven<Equal<Body<"calls", "update">, Sdk.UpdateCall>>()
proven<Equal<Body<"files", "update">, Sdk.UpdateFile>>()
proven<Equal<Body<"imports", "create">, Sdk.CreateImport>>()
proven<Equal<Body<"imports", "createVapi">, Sdk.CreateVapiImport>>()
proven<Equal<Body<"phoneNumbers", "create">, Sdk.CreatePhoneNumber>>()
proven<Equal<Body<"phoneNumbers", "update">, Sdk.UpdatePhoneNumber>>()
proven<Equal<Body<"structuredOutputs", "create">, Sdk.CreateStructuredOutput>>()
proven<Equal<Body<"structuredOutputs", "update">, Sdk.UpdateStructuredOutput>>()
proven<Equal<Body<"structuredOutputs", "run">, Sdk.RunStructuredOutput>>()
proven<Equal<Body<"tools", "create">, Sdk.CreateTool>>()
proven<Equal<Body<"tools", "update">, Sdk.UpdateTool>>()
proven<Equal<Body<"webhookEndpoints", "create">, Sdk.CreateWebhookEndpoint>>()
proven<Equal<Body<"webhookEndpoints", "update">, Sdk.UpdateWebhookEndpoint>>()

// Metadata of an interface of the program's own, which has no index signature.
interface Meta {
  readonly crmId: string
  readonly tags?: ReadonlyArray<string>
}
export const withMeta = (aywa: Sdk.AywaRuntimeClient, metadata: Meta) =>
  Promise.all([
    aywa.assistants.create({ name: "x", metadata }),
    aywa.assistants.update("a", { metadata }),
    aywa.files.upload({ file: new Uint8Array(1), metadata })
  ])
// @ts-expect-error Text is no metadata.
export const textAsMeta = (aywa: Sdk.AywaRuntimeClient) => aywa.assistants.create({ metadata: "x" })
