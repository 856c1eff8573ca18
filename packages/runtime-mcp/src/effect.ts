/**
 * The tools, resources and prompts as a layer, for a server of your own over `effect/ai/McpServer`.
 *
 * @since 0.2.0
 */
export {
  /**
   * Registers everything with the `McpServer` of the program: pass it as `registrations` of a transport.
   *
   * **Gotchas**
   *
   * Options that nobody reads throw, where the layer is made.
   *
   * @since 0.2.0
   * @category layers
   */
  registrations
} from "./server/registrations.ts"
export type { Allow, ConfigFolder, LocalControls, McpOptions } from "./guard/options.ts"
