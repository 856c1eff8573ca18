/**
 * What is done to an inbox in Redis, each thing in one script, so that nobody sees half of it. Times are the server's.
 *
 * All keys begin with `base`:
 * - `data`: hash of bodies and what belongs to them, by id; `seqs`: their places; `stored`: when, as a sorted set
 * - `fresh`: sorted set of what may be taken, by place; with an order instead one for each line, `line:0` …
 * - `due`: what failed, by when it is due; `locked`: what is in hand, by when its lock ends; `locks`: whose it is
 * - `attempts`, `lapses`, `alone`: of those that have any
 * - `parked`, `reasons`; `done`: ids that were handled, by when
 */
import * as Redis from "effect/persistence/Redis"

const prelude = `
local base = KEYS[1]
local function k(name) return base .. name end
local function millis()
  local t = redis.call("TIME")
  return tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)
end
local function text(n) return string.format("%.0f", n) end
-- Where it waits when it may be taken.
local function place(id)
  local line = redis.call("HGET", k("lines"), id)
  if line then return k("line:" .. line) end
  return k("fresh")
end
local function unlock(id)
  redis.call("ZREM", k("locked"), id)
  redis.call("HDEL", k("locks"), id)
  redis.call("SREM", k("alone"), id)
end
local function drop(id)
  unlock(id)
  redis.call("ZREM", place(id), id)
  redis.call("ZREM", k("due"), id)
  redis.call("ZREM", k("stored"), id)
  redis.call("HDEL", k("attempts"), id)
  redis.call("HDEL", k("lapses"), id)
end
local function erase(id, now)
  drop(id)
  redis.call("ZREM", k("parked"), id)
  for _, name in ipairs({"reasons", "data", "seqs", "lines", "requeued"}) do redis.call("HDEL", k(name), id) end
  redis.call("ZADD", k("done"), text(now), id)
end
local function wait(id, now)
  redis.call("ZADD", place(id), redis.call("HGET", k("seqs"), id), id)
end
`

const make = <Args extends ReadonlyArray<unknown>, Result>(
  args: (...args: Args) => ReadonlyArray<string | number>,
  lua: string
) =>
  Redis.script((base: string, ...rest: Args) => [base, ...args(...rest)], {
    numberOfKeys: 1,
    lua: prelude + lua
  }).withReturnType<Result>()

/** Triples of id, line ("" without an order) and data; gives how many were new. */
export const offer = make<[triples: ReadonlyArray<string>], number>(
  (triples) => triples,
  `
local now = millis()
local added = 0
for i = 1, #ARGV, 3 do
  local id = ARGV[i]
  if redis.call("HEXISTS", k("data"), id) == 0 and not redis.call("ZSCORE", k("done"), id) then
    redis.call("HSET", k("data"), id, ARGV[i + 2])
    redis.call("HSET", k("seqs"), id, redis.call("INCR", k("seq")))
    if ARGV[i + 1] ~= "" then redis.call("HSET", k("lines"), id, ARGV[i + 1]) end
    redis.call("ZADD", k("stored"), text(now), id)
    wait(id, now)
    added = added + 1
  end
end
return added`
)

/**
 * Completes what pairs of id and lock name, then takes. Gives now, when the next is due ("" for never), and quadruples of
 * id, data, attempts, lapses.
 */
export const take = make<
  [
    wish: readonly [max: number, lapsedBefore: number, lockMillis: number, lock: string, lines: number],
    handled: ReadonlyArray<string>
  ],
  ReadonlyArray<string>
>(
  (wish, handled) => [...wish, ...handled],
  `
local max, lapsed, ttl, lock, lines = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4], tonumber(ARGV[5])
local now = millis()
for i = 6, #ARGV, 2 do
  if redis.call("HGET", k("locks"), ARGV[i]) == ARGV[i + 1] then erase(ARGV[i], now) end
end
local ends = math.min(now, lapsed)
local out = { text(now), "" }
local taken = 0
local function claim(id, lapse)
  if lapse then
    redis.call("HINCRBY", k("lapses"), id, 1)
    if redis.call("SISMEMBER", k("alone"), id) == 1 then redis.call("HINCRBY", k("attempts"), id, 1) end
    redis.call("SREM", k("alone"), id)
  end
  redis.call("ZREM", k("due"), id)
  if lines == 0 then redis.call("ZREM", k("fresh"), id) end
  redis.call("ZADD", k("locked"), text(now + ttl), id)
  redis.call("HSET", k("locks"), id, lock)
  out[#out + 1] = id
  out[#out + 1] = redis.call("HGET", k("data"), id)
  out[#out + 1] = redis.call("HGET", k("attempts"), id) or "0"
  out[#out + 1] = redis.call("HGET", k("lapses"), id) or "0"
  taken = taken + 1
end
if lines == 0 then
  for _, id in ipairs(redis.call("ZRANGEBYSCORE", k("locked"), "-inf", text(ends), "LIMIT", 0, max)) do claim(id, true) end
  if taken < max then
    for _, id in ipairs(redis.call("ZRANGEBYSCORE", k("due"), "-inf", text(now), "LIMIT", 0, max - taken)) do claim(id, false) end
  end
  if taken < max then
    for _, id in ipairs(redis.call("ZRANGE", k("fresh"), 0, max - taken - 1)) do claim(id, false) end
  end
else
  for line = 0, lines - 1 do
    if taken == max then break end
    local id = redis.call("ZRANGE", k("line:" .. line), 0, 0)[1]
    if id then
      local locked = redis.call("ZSCORE", k("locked"), id)
      local due = redis.call("ZSCORE", k("due"), id)
      if locked then
        if tonumber(locked) <= ends then claim(id, true) end
      elseif not due or tonumber(due) <= now then
        claim(id, false)
      end
    end
  end
end
if taken == 0 then
  local next = math.huge
  for _, name in ipairs({ "due", "locked" }) do
    local first = redis.call("ZRANGEBYSCORE", k(name), "(" .. text(now), "+inf", "WITHSCORES", "LIMIT", 0, 1)
    if first[2] then next = math.min(next, tonumber(first[2])) end
  end
  if next ~= math.huge then out[2] = text(next) end
end
return out`
)

/** Runs a piece for each pair of id and lock whose lock is still held; gives the ids. */
const forHeld = <Args extends ReadonlyArray<string | number>>(head: string, count: number, piece: string) =>
  make<[args: Args, pairs: ReadonlyArray<string>], ReadonlyArray<string>>(
    (args, pairs) => [...args, ...pairs],
    `
local now = millis()
local held = {}
${head}
for i = ${count + 1}, #ARGV, 2 do
  local id = ARGV[i]
  if redis.call("HGET", k("locks"), id) == ARGV[i + 1] then
    held[#held + 1] = id
    ${piece}
  end
end
return held`
  )

export const extend = forHeld<[lockMillis: number]>(
  "",
  1,
  `redis.call("ZADD", k("locked"), text(now + tonumber(ARGV[1])), id)`
)
export const begin = forHeld<[]>("", 0, `redis.call("SADD", k("alone"), id)`)
export const complete = forHeld<[]>("", 0, `erase(id, now)`)
export const release = forHeld<[]>("", 0, `unlock(id) wait(id, now)`)
export const retry = forHeld<[millis: number, attempts: number]>(
  "",
  2,
  `unlock(id)
    redis.call("HDEL", k("lapses"), id)
    redis.call("HSET", k("attempts"), id, ARGV[2])
    redis.call("ZADD", k("due"), text(now + tonumber(ARGV[1])), id)`
)
export const park = forHeld<[attempts: number, reason: string]>(
  "",
  2,
  `drop(id)
    redis.call("HSET", k("reasons"), id, ARGV[1] .. " " .. ARGV[2])
    redis.call("ZADD", k("parked"), text(now), id)`
)

/** Triples of id and time, then data, reason and how often it was put back. */
export const parked = make<[limit: number, afterTime: number, afterId: string], ReadonlyArray<string>>(
  (...args) => args,
  `
local limit, time, id = tonumber(ARGV[1]), ARGV[2], ARGV[3]
local out = {}
local offset = 0
while #out < limit * 5 do
  local page = redis.call("ZRANGEBYSCORE", k("parked"), time, "+inf", "WITHSCORES", "LIMIT", offset, limit)
  if #page == 0 then break end
  offset = offset + limit
  for i = 1, #page, 2 do
    if #out < limit * 5 and (page[i + 1] ~= time or page[i] > id or id == "") then
      for _, one in ipairs({ page[i], page[i + 1], redis.call("HGET", k("data"), page[i]) or "",
        redis.call("HGET", k("reasons"), page[i]) or "0 ", redis.call("HGET", k("requeued"), page[i]) or "0" }) do
        out[#out + 1] = one
      end
    end
  end
end
return out`
)

export const requeue = make<[id: string, line: string], number>(
  (...args) => args,
  `
local id = ARGV[1]
if redis.call("ZREM", k("parked"), id) == 0 then return 0 end
redis.call("HDEL", k("reasons"), id)
redis.call("HINCRBY", k("requeued"), id, 1)
redis.call("HSET", k("seqs"), id, redis.call("INCR", k("seq")))
if ARGV[2] ~= "" then redis.call("HSET", k("lines"), id, ARGV[2]) end
local now = millis()
redis.call("ZADD", k("stored"), text(now), id)
wait(id, now)
return 1`
)

export const discard = make<[id: string], number>(
  (id) => [id],
  `
if not redis.call("ZSCORE", k("parked"), ARGV[1]) then return 0 end
erase(ARGV[1], millis())
return 1`
)

export const forget = make<[ids: ReadonlyArray<string>], number>(
  (ids) => ids,
  `
local now = millis()
local forgotten = 0
for _, id in ipairs(ARGV) do
  if redis.call("HEXISTS", k("data"), id) == 1 then
    erase(id, now)
    forgotten = forgotten + 1
  end
end
return forgotten`
)

/** waiting, in flight, retrying, most attempts, oldest age, parked, handled, then triples of line, waiting, lag. */
export const stats = make<[lines: number], ReadonlyArray<string>>(
  (lines) => [lines],
  `
local now = millis()
local function age(id)
  local stored = id and redis.call("ZSCORE", k("stored"), id)
  if not stored then return "0" end
  return text(math.max(0, now - tonumber(stored)))
end
local retrying, most = 0, 0
for _, n in ipairs(redis.call("HVALS", k("attempts"))) do
  retrying = retrying + 1
  most = math.max(most, tonumber(n))
end
local out = { text(redis.call("ZCARD", k("stored"))), text(redis.call("ZCARD", k("locked"))), text(retrying), text(most),
  age(redis.call("ZRANGE", k("stored"), 0, 0)[1]), text(redis.call("ZCARD", k("parked"))),
  text(redis.call("ZCOUNT", k("done"), text(now - 60000), "+inf")) }
for line = 0, tonumber(ARGV[1]) - 1 do
  local waiting = redis.call("ZCARD", k("line:" .. line))
  if waiting > 0 then
    out[#out + 1] = text(line)
    out[#out + 1] = text(waiting)
    out[#out + 1] = age(redis.call("ZRANGE", k("line:" .. line), 0, 0)[1])
  end
end
return out`
)

export const sweep = make<[rememberMillis: number, far: number], void>(
  (...args) => args,
  `
local now = millis()
redis.call("ZREMRANGEBYSCORE", k("done"), "-inf", "(" .. text(now - tonumber(ARGV[1])))
for _, name in ipairs({ "due", "locked" }) do
  for _, id in ipairs(redis.call("ZRANGEBYSCORE", k(name), text(now + tonumber(ARGV[2])), "+inf")) do
    redis.call("ZADD", k(name), text(now), id)
  end
end`
)
