/**
 * Webhooks in AWS Lambda: entry `./webhooks/lambda`.
 *
 * @since 0.2.0
 */
export { lambdaHandler } from "./frameworks/lambda.ts"
export { lambdaStreamHandler, type LambdaStreaming } from "./frameworks/lambdaStream.ts"
export type { LambdaContext, LambdaEvent, LambdaResult } from "./frameworks/lambdaEvents.ts"
export type * from "./handling/named.ts"
