/** Each framework as itself, on a port, with receivers on routes of it. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { serve } from "@hono/node-server"
import { node } from "@elysiajs/node"
import { Elysia } from "elysia"
import express from "express"
import fastify from "fastify"
import { Hono } from "hono"
import Koa from "koa"
import { webhookHandler, type WebhookReceiverOptions } from "../../../src/webhooks/handlers.ts"
import { nodeWebhookHandler } from "../../../src/webhooks/handlers.ts"
import { aywaWorker } from "../../../src/webhooks/cloudflare.ts"
import * as elysia from "../../../src/webhooks/elysia.ts"
import * as expressEntry from "../../../src/webhooks/express.ts"
import * as fastifyEntry from "../../../src/webhooks/fastify.ts"
import * as hono from "../../../src/webhooks/hono.ts"
import * as koa from "../../../src/webhooks/koa.ts"
import { lambdaHandler, lambdaStreamHandler } from "../../../src/webhooks/lambda.ts"
import { aywaApiHandler, aywaRoute } from "../../../src/webhooks/nextjs.ts"
import * as vercel from "../../../src/webhooks/vercel.ts"
import { nestHandlers, type Platform } from "./nest.ts"
import { asLambda, type LambdaKind, streamLambda } from "./lambda.ts"

export type Routes = Readonly<Record<string, WebhookReceiverOptions>>

export interface Server extends AsyncDisposable {
  readonly port: number
}

type Start = (routes: Routes) => Promise<Server>

export const listening = async (
  handle: (request: IncomingMessage, response: ServerResponse) => unknown
): Promise<Server> => {
  const server = createServer((request, response) => void handle(request, response))
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
  }
}

type NodeHandler = (request: IncomingMessage, response: ServerResponse) => unknown
const byPath = <A>(routes: Routes, make: (options: WebhookReceiverOptions) => A): ReadonlyMap<string, A> =>
  new Map(Object.entries(routes).map(([path, options]) => [path, make(options)]))

const onNode =
  (make: (options: WebhookReceiverOptions) => NodeHandler): Start =>
  (routes) => {
    const handlers = byPath(routes, make)
    return listening((request, response) => handlers.get(request.url ?? "")?.(request, response))
  }

export const served = (fetch: (request: Request) => Response | Promise<Response>): Promise<Server> =>
  new Promise((resolve) => {
    const server = serve({ fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) =>
      resolve({
        port,
        [Symbol.asyncDispose]: () =>
          new Promise((done) => {
            server.close(() => done())
            if ("closeAllConnections" in server) server.closeAllConnections()
          })
      })
    )
  })

/** What takes a Request, behind the server that Hono has for Node. */
const onWeb =
  (make: (options: WebhookReceiverOptions) => (request: Request) => Promise<Response>): Start =>
  (routes) => {
    const handlers = byPath(routes, make)
    return served(
      (request) => handlers.get(new URL(request.url).pathname)?.(request) ?? new Response("", { status: 404 })
    )
  }

const lambda = (kind: LambdaKind): Start => onNode((options) => asLambda(kind, lambdaHandler(options)))

const nest =
  (platform: Platform): Start =>
  async (routes) => {
    const { handlers, close } = await nestHandlers(platform, routes)
    const server = await listening((request, response) => handlers.get(request.url ?? "")?.(request, response))
    return {
      port: server.port,
      [Symbol.asyncDispose]: async () => {
        await server[Symbol.asyncDispose]()
        await close()
      }
    }
  }

export const frameworks: Readonly<Record<string, Start>> = {
  node: onNode(nodeWebhookHandler),
  web: onWeb(webhookHandler),
  express: async (routes) => {
    const app = express()
    for (const [path, options] of Object.entries(routes)) app.use(path, expressEntry.aywaWebhooks(options))
    app.use(express.json())
    return listening(app)
  },
  "express behind raw": async (routes) => {
    const app = express()
    for (const [path, options] of Object.entries(routes)) {
      app.use(path, express.raw({ type: "*/*", limit: "10mb" }), expressEntry.aywaWebhooks(options))
    }
    return listening(app)
  },
  koa: async (routes) => {
    const app = new Koa({ proxy: false })
    for (const [path, options] of Object.entries(routes)) app.use(koa.aywaWebhooks({ path, ...options }))
    return listening(app.callback())
  },
  fastify: async (routes) => {
    const app = fastify()
    for (const [path, options] of Object.entries(routes)) app.register(fastifyEntry.aywaWebhooks, { path, ...options })
    await app.listen({ port: 0, host: "127.0.0.1" })
    return {
      port: (app.server.address() as AddressInfo).port,
      [Symbol.asyncDispose]: async () => {
        app.server.closeAllConnections()
        await app.close()
      }
    }
  },
  hono: (routes) => {
    const app = new Hono()
    for (const [path, options] of Object.entries(routes)) app.all(path, hono.aywaWebhooks(options))
    return served(app.fetch)
  },
  "hono after c.req.text()": (routes) => {
    const app = new Hono()
    for (const [path, options] of Object.entries(routes)) {
      const handle = hono.aywaWebhooks(options)
      app.all(path, async (c) => {
        if (c.req.method === "POST") await c.req.arrayBuffer()
        return handle(c)
      })
    }
    return served(app.fetch)
  },
  elysia: async (routes) => {
    const app = new Elysia({ adapter: node() })
    for (const [path, options] of Object.entries(routes)) app.use(elysia.aywaWebhooks({ path, ...options }))
    const fetch = (request: Request) => app.fetch(request)
    return served(fetch)
  },
  "nest on express": nest("express"),
  "nest on fastify": nest("fastify"),
  vercel: onWeb(vercel.aywaWebhooks),
  "next, app router": onWeb(aywaRoute),
  "next, pages router": onNode(aywaApiHandler),
  "worker's fetch": onWeb(
    (options) => (request) => aywaWorker(() => options).fetch(request, {}, { waitUntil: () => {} })
  ),
  "lambda: API Gateway, payload 1": lambda("v1"),
  "lambda: API Gateway, payload 2": lambda("v2"),
  "lambda: load balancer": lambda("alb"),
  "lambda: load balancer with lists": lambda("alb-lists"),
  "lambda: function URL": lambda("url"),
  "lambda: function URL that streams": onNode((options) => streamLambda((aws) => lambdaStreamHandler(options, aws)))
}
