/**
 * The files of a runtime, as an Effect service.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Layer from "effect/Layer"
import { files } from "../contract/files.ts"
import { layerOf, type ServiceOf } from "./service.ts"
import type { RuntimeConfig } from "../config/RuntimeConfig.ts"
import type { Transport } from "../transport/Transport.ts"

/**
 * The files of a runtime: the operations of the contract, and streams over every list.
 *
 * @since 0.1.0
 * @category services
 */
export class Files extends Context.Service<Files, ServiceOf<typeof files>>()("@aywa-ai/runtime-sdk/Files") {}

/**
 * Provides the service over a configuration and a transport.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<Files, never, RuntimeConfig | Transport> = layerOf(Files, "files", files)
