/**
 * Webhooks in Nest: entry `./webhooks/nestjs`.
 *
 * @since 0.2.0
 */
export { AywaWebhooksModule } from "./frameworks/nestjs.ts"
export type {
  AywaWebhooksDynamicModule,
  AywaWebhooksModuleAsync,
  AywaWebhooksModuleOptions
} from "./frameworks/nestjs.ts"
export { OnAywaEvent } from "./frameworks/nestEvents.ts"
export type * from "./handling/named.ts"
