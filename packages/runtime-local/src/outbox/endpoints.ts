/**
 * Registered endpoints as deliveries see them: whether they want any, and when one is switched off.
 */
import type { Store } from "../store/Store.ts"

/** An endpoint that has failed for so long is switched off: five days. */
const hopelessMillis = 120 * 3_600_000

/** Whether an endpoint still wants deliveries. */
export const isEnabled = (store: Store, endpointId: string): boolean => {
  const row = store.get<{ enabled: number | null }>(
    `SELECT coalesce(json_extract(body, '$.enabled'), 1) AS enabled FROM resource_rows
     WHERE resource = 'webhookEndpoints' AND id = ?`,
    endpointId
  )
  return row !== undefined && row.enabled !== 0
}

/** Switches an endpoint off when nothing has come through for too long. */
export const switchOffIfHopeless = (store: Store, endpointId: string, now: number): void => {
  const failing = store.get<{ since: number | null }>(
    `SELECT min(created_at) AS since FROM webhook_jobs WHERE endpoint_id = ? AND failures > 0 AND created_at > coalesce(
       (SELECT max(updated_at) FROM webhook_jobs WHERE endpoint_id = ? AND state = 'succeeded'), 0)`,
    endpointId,
    endpointId
  )
  if (typeof failing?.since !== "number" || now - failing.since < hopelessMillis) return
  store.run(
    `UPDATE resource_rows SET body = json_set(body, '$.enabled', json('false'), '$.updatedAt', ?), updated_at = ?,
       version = version + 1 WHERE resource = 'webhookEndpoints' AND id = ?`,
    new Date(now).toISOString(),
    now,
    endpointId
  )
}
