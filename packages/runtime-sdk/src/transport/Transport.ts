/**
 * The SDK's own small port to HTTP: one request out, one whole answer back.
 *
 * @since 0.1.0
 */
import { ConfigError } from "../errors/Errors.ts"
import { makeDispatcher } from "./dispatcher.ts"
import { makeFetch } from "./fetch.ts"
import type { DirectTransport, TransportOptions } from "./port.ts"

export {
  /**
   * No whole answer; see `TransportShape`.
   *
   * @since 0.1.0
   * @category models
   */
  WireFailure
} from "./port.ts"
export type {
  TransportOptions,
  TransportShape,
  WireHead,
  WireProgress,
  WireRequest,
  WireResponse,
  WireStream,
  WireUpload,
  WireUploadBody
} from "./port.ts"

/**
 * Opens the transport that the options ask for: on Node its built-in HTTP dispatcher, else `fetch`.
 *
 * @since 0.2.0
 * @category constructors
 */
export const open = (options: TransportOptions = {}): DirectTransport =>
  (options.transport === "fetch" ? undefined : makeDispatcher(options)) ?? makeFetch()

/**
 * Checks the options of a transport; throws a ConfigError.
 *
 * @since 0.2.0
 * @category guards
 */
export const checkOptions = ({ connections, transport }: TransportOptions): void => {
  if (connections !== undefined && (!Number.isSafeInteger(connections) || connections < 1)) {
    throw new ConfigError({ field: "connections", message: "connections must be a whole number of 1 or more." })
  }
  if (transport !== undefined && transport !== "auto" && transport !== "fetch") {
    throw new ConfigError({ field: "transport", message: 'transport must be "auto" or "fetch".' })
  }
}
