/**
 * The types that signatures of the Effect entries mention, each by a name of its own: TypeScript writes them into the
 * declarations of a program that exports what it was given, and does not look into namespaces for them.
 */
export type {
  AywaRuntime as AywaRuntimeTag,
  ConfigLayerOptions as AywaRuntimeConfigOptions,
  Options as AywaRuntimeOptions,
  Service as AywaRuntimeService,
  Services as AywaRuntimeServices
} from "./AywaRuntime.ts"
export type { Assistants as AssistantsTag, Service as AssistantsService } from "./Assistants.ts"
export type { Calls as CallsTag, Service as CallsService } from "./Calls.ts"
export type { Credentials as CredentialsTag, Service as CredentialsService } from "./Credentials.ts"
export type { Files as FilesTag, Service as FilesService } from "./Files.ts"
export type { Imports as ImportsTag, Service as ImportsService } from "./Imports.ts"
export type { Operations as OperationsTag, Service as OperationsService } from "./Operations.ts"
export type { PhoneNumbers as PhoneNumbersTag, Service as PhoneNumbersService } from "./PhoneNumbers.ts"
export type {
  StructuredOutputs as StructuredOutputsTag,
  Service as StructuredOutputsService
} from "./StructuredOutputs.ts"
export type { Tools as ToolsTag, Service as ToolsService } from "./Tools.ts"
export type { WebhookEndpoints as WebhookEndpointsTag, Service as WebhookEndpointsService } from "./WebhookEndpoints.ts"
export type { WebhookLogs as WebhookLogsTag, Service as WebhookLogsService } from "./WebhookLogs.ts"
export type { CallWaiting } from "./Calls.ts"
export type { RequestError } from "./Request.ts"
export type { Paged, ServiceOf } from "./service.ts"
export type * from "../call/CallOptions.ts"
export type { ApiKey, ConfigOptions } from "../config/RuntimeConfig.ts"
export type { ListProfile, RuntimeProfile } from "../config/runtimeProfile.ts"
export type { Names } from "../config/unknownNames.ts"
export type * from "../contract/types.ts"
export type * from "../errors/Errors.ts"
export type { MakeOptions } from "../errors/make.ts"
export type {
  Breaker,
  IdempotencyScope,
  Limiter,
  Policy as CallPolicy,
  Retry,
  RetryStep,
  ScopeEnd,
  ScopePosition,
  Transform as PolicyTransform
} from "../policy/Policy.ts"
export type * from "../transport/options.ts"
export type {
  DirectTransport,
  TransportShape,
  WireFailure,
  WireHead,
  WireProgress,
  WireRequest,
  WireResponse,
  WireStream,
  WireUpload,
  WireUploadBody
} from "../transport/port.ts"
