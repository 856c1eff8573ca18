/**
 * How the module of Nest begins: its route is mounted, and the handlers are found among the providers.
 */
import type { DiscoveryService, MetadataScanner } from "@nestjs/core"
import { ConfigError } from "../../errors/Errors.ts"
import { handlers } from "../handling/handlers.ts"
import type { WebhookReceiverOptions } from "../handling/receiver.ts"
import type { RequestType } from "../handling/replies.ts"
import type { WebhookHandlerMap } from "../handling/types.ts"
import { mount, type NestAdapter } from "./nestAdapters.ts"
import { eventOf } from "./nestEvents.ts"

/**
 * Options of `AywaWebhooksModule`.
 *
 * @since 0.2.0
 * @category models
 */
export interface AywaWebhooksModuleOptions extends Omit<WebhookReceiverOptions, "handlers"> {
  /** The whole path, global prefixes included; `/webhooks` by default. */
  readonly path?: string | undefined
  /** Events that the runtime will ask: when nobody handles one of them, the application does not start. */
  readonly expects?: ReadonlyArray<RequestType> | undefined
}

/** Mounts the route before the parsers are; the handlers follow when all providers are there. */
export const start = (
  { path = "/webhooks", expects = [], ...options }: AywaWebhooksModuleOptions,
  { httpAdapter }: { readonly httpAdapter: NestAdapter },
  discovery: DiscoveryService,
  scanner: MetadataScanner
): { readonly onApplicationBootstrap: () => void } => {
  let current = handlers({})
  const later = { ...current, answer: (...args: Parameters<typeof current.answer>) => current.answer(...args) }
  mount(httpAdapter, path, { ...options, handlers: later })
  return {
    onApplicationBootstrap: () => {
      const map = handlersIn(discovery, scanner)
      const absent = expects.filter((type) => map[type] === undefined)
      if (absent.length > 0) throw refusal(`there is no handler for ${absent.join(", ")}. Mark one with OnAywaEvent`)
      // Each method was marked for the event that it takes.
      current = handlers(map as WebhookHandlerMap)
    }
  }
}

const handlersIn = (discovery: DiscoveryService, scanner: MetadataScanner): Readonly<Record<string, unknown>> => {
  const map: Record<string, unknown> = {}
  for (const wrapper of [...discovery.getProviders(), ...discovery.getControllers()]) {
    const prototype: unknown = wrapper.metatype?.prototype
    if (typeof prototype !== "object" || prototype === null) continue
    for (const name of scanner.getAllMethodNames(prototype)) {
      const event = eventOf(Reflect.get(prototype, name))
      if (event === undefined) continue
      const where = `${wrapper.name}.${name}`
      if (Object.hasOwn(map, event.type)) throw refusal(`${event.type} has two handlers, ${where} is one of them`)
      if (!wrapper.isDependencyTreeStatic()) throw refusal(`${where} is request-scoped: nothing is made for a webhook`)
      const reply = (...args: ReadonlyArray<unknown>): unknown => wrapper.instance[name](...args)
      map[event.type] = event.options === undefined ? reply : { ...event.options, reply }
    }
  }
  return map
}

const refusal = (what: string): ConfigError =>
  new ConfigError({ field: "handlers", message: `AywaWebhooksModule: ${what}.` })
