/** Nest as itself: applications of modules, behind one port. */
import "reflect-metadata"
import type { IncomingMessage, ServerResponse } from "node:http"
import type { INestApplication } from "@nestjs/common"
import { NestFactory } from "@nestjs/core"
import { ExpressAdapter } from "@nestjs/platform-express"
import { FastifyAdapter } from "@nestjs/platform-fastify"
import type { WebhookHandlerMap, WebhookReceiverOptions } from "../../../src/webhooks/handlers.ts"
import { AywaWebhooksModule, type AywaWebhooksModuleOptions, OnAywaEvent } from "../../../src/webhooks/nestjs.ts"

export type Platform = "express" | "fastify"

/** A provider whose methods are marked for the events of a map. */
export const providerOf = (map: object): new () => object => {
  class Handlers {
    readonly isHere = true
  }
  for (const [type, handler] of Object.entries(map)) {
    const method = {
      value(this: object, ...args: ReadonlyArray<unknown>) {
        if (!(this instanceof Handlers)) throw new Error("a method was torn off its provider")
        return handler(...args)
      },
      configurable: true
    }
    Object.defineProperty(Handlers.prototype, type, method)
    // What the decorator @OnAywaEvent(type) does.
    OnAywaEvent(type as keyof WebhookHandlerMap)(Handlers.prototype, type, method as object)
  }
  return Handlers
}

/** Starts an application as `NestFactory.create(AppModule)` does, without any option. */
export const application = async (
  platform: Platform,
  modules: ReadonlyArray<object>,
  providers: ReadonlyArray<unknown>,
  prepare: (app: INestApplication) => void = () => {}
): Promise<INestApplication> => {
  class AppModule {
    readonly isHere = true
  }
  const root = { module: AppModule, imports: [...modules], providers: [...providers] }
  const adapter = platform === "express" ? new ExpressAdapter() : new FastifyAdapter()
  const app = await NestFactory.create(root as never, adapter as never, { logger: false, abortOnError: false })
  prepare(app)
  await app.init()
  if (platform === "fastify") await app.getHttpAdapter().getInstance().ready()
  return app
}

type Handle = (request: IncomingMessage, response: ServerResponse) => void

/** Paths of one application share its handlers; each set of handlers has an application. */
export const nestHandlers = async (
  platform: Platform,
  routes: Readonly<Record<string, WebhookReceiverOptions>>
): Promise<{ readonly handlers: ReadonlyMap<string, Handle>; readonly close: () => Promise<void> }> => {
  const groups = Map.groupBy(Object.entries(routes), ([, { handlers }]) => handlers)
  const handlers = new Map<string, Handle>()
  const apps: Array<INestApplication> = []
  for (const [map, group] of groups) {
    const modules = group.map(([path, { handlers: _handlers, ...options }]) =>
      AywaWebhooksModule.forRootAsync({ useFactory: (): AywaWebhooksModuleOptions => ({ path, ...options }) })
    )
    const app = await application(platform, modules, map === undefined ? [] : [providerOf(map)])
    apps.push(app)
    const instance = app.getHttpAdapter().getInstance()
    const handle: Handle =
      platform === "express" ? instance : (request, response) => instance.routing(request, response)
    for (const [path] of group) handlers.set(path, handle)
  }
  return { handlers, close: async () => void (await Promise.all(apps.map((app) => app.close()))) }
}
