import type { Names } from "@aywa-ai/runtime-sdk/contract"
import type { StepOptions } from "./reports.ts"

/** The names of `StepOptions`. */
export const stepNames: Names<StepOptions> = {
  signal: true,
  onProgress: true,
  patience: true,
  replicaLag: true,
  replicas: true,
  onPause: true
}
