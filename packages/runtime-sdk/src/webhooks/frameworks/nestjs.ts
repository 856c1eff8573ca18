/**
 * Receives webhooks in Nest, on Express or Fastify.
 *
 * @since 0.2.0
 */
import { DiscoveryModule, DiscoveryService, HttpAdapterHost, MetadataScanner } from "@nestjs/core"
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

/** How options are made of other providers. */
export interface AywaWebhooksModuleAsync {
  readonly imports?: ReadonlyArray<unknown> | undefined
  readonly inject?: ReadonlyArray<unknown> | undefined
  readonly useFactory: (...dependencies: Array<never>) => AywaWebhooksModuleOptions | Promise<AywaWebhooksModuleOptions>
}

const optionsToken = Symbol("@aywa-ai/runtime-sdk/AywaWebhooksModuleOptions")

/**
 * The module: methods of your providers and controllers that `OnAywaEvent` marks handle the events.
 *
 * **Details**
 *
 * The route stands before Nest's body parsers, so that neither `rawBody` nor a larger limit is needed. Pipes, guards and
 * interceptors do not run: the signature says who calls. Handlers must be singletons. Two handlers of one event, and an
 * event of `expects` without one, are a `ConfigError` at boot.
 *
 * @since 0.2.0
 * @category modules
 */
// oxlint-disable-next-line typescript/no-extraneous-class -- a module of Nest is a class with such functions
export class AywaWebhooksModule {
  static forRoot(options: AywaWebhooksModuleOptions): object {
    return AywaWebhooksModule.forRootAsync({ useFactory: () => options })
  }

  static forRootAsync({ imports = [], inject = [], useFactory }: AywaWebhooksModuleAsync): object {
    return {
      module: AywaWebhooksModule,
      imports: [DiscoveryModule, ...imports],
      providers: [
        { provide: optionsToken, useFactory, inject },
        {
          provide: AywaWebhooksModule,
          useFactory: start,
          inject: [optionsToken, HttpAdapterHost, DiscoveryService, MetadataScanner]
        }
      ]
    }
  }
}

/** Mounts the route before the parsers are; the handlers follow when all providers are there. */
const start = (
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
      const map = handlersOf(discovery, scanner)
      const absent = expects.filter((type) => map[type] === undefined)
      if (absent.length > 0) throw refusal(`there is no handler for ${absent.join(", ")}. Mark one with OnAywaEvent`)
      // Each method was marked for the event that it takes.
      current = handlers(map as WebhookHandlerMap)
    }
  }
}

const handlersOf = (discovery: DiscoveryService, scanner: MetadataScanner): Readonly<Record<string, unknown>> => {
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
