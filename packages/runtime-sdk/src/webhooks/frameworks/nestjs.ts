/**
 * Receives webhooks in Nest, on Express or Fastify.
 *
 * @since 0.2.0
 */
import { DiscoveryModule, DiscoveryService, HttpAdapterHost, MetadataScanner } from "@nestjs/core"
import { type AywaWebhooksModuleOptions, start } from "./nestStart.ts"

export type { AywaWebhooksModuleOptions } from "./nestStart.ts"

/** How options are made of other providers. */
export interface AywaWebhooksModuleAsync {
  readonly imports?: ReadonlyArray<unknown> | undefined
  readonly inject?: ReadonlyArray<unknown> | undefined
  readonly useFactory: (...dependencies: Array<never>) => AywaWebhooksModuleOptions | Promise<AywaWebhooksModuleOptions>
}

/** A dynamic module of Nest: what `imports` takes. */
export interface AywaWebhooksDynamicModule {
  readonly module: typeof AywaWebhooksModule
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
  static forRoot(options: AywaWebhooksModuleOptions): AywaWebhooksDynamicModule {
    return AywaWebhooksModule.forRootAsync({ useFactory: () => options })
  }

  static forRootAsync(options: AywaWebhooksModuleAsync): AywaWebhooksDynamicModule {
    const { imports = [], inject = [], useFactory } = options
    const dynamic = {
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
    return dynamic
  }
}
