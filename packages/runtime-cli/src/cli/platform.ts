/**
 * The services of the operating system that effect/cli asks for.
 */
export { layer as platform } from "@effect/platform-node/NodeServices"
