import { setTimeout as sleep } from 'node:timers/promises'
import { Redis, ReplyError } from 'ioredis'
import { checkedBytes } from '../../test/support/checked-stream.ts'
import { thisMoment, type Moment } from '../watch/ledger.ts'
import type { Client, Context } from './client.ts'

const AT_ONCE = 5

/** One connection and many commands on it at the same time; it comes again when it is lost. */
export const redisClient: Client = async (context, enough) => {
  const { place, tally, ledger, patience, chance } = context
  const calm = patience === Infinity
  const redis = new Redis({
    host: '127.0.0.1',
    port: place.port,
    connectTimeout: calm ? 600_000 : patience,
    maxRetriesPerRequest: calm ? null : 3,
    retryStrategy: () => 100,
    ...(calm ? {} : { commandTimeout: patience }),
  })
  let connection: { readonly since: Moment; readonly port: number | undefined } | undefined
  let connecting = thisMoment()
  let error = 'closed'
  let over = false
  redis.on('connecting', () => (connecting = thisMoment()))
  redis.on('connect', () => {
    const { localPort } = redis.stream
    connection = { since: connecting, port: localPort }
  })
  redis.on('error', (cause: NodeJS.ErrnoException) => (error = cause.code ?? cause.message))
  redis.on('close', () => {
    const lost = connection ?? { since: connecting, port: undefined }
    connection = undefined
    if (!over) ledger.report({ proxy: place.name, ...lost, what: `Redis: ${error}`, impatient: !calm })
  })
  await Promise.all(
    Array.from({ length: AT_ONCE }, async (_, worker) => {
      for (let number = 0; !enough.aborted; number++) {
        try {
          await setAndGet(redis, context, `${place.name}-${context.seed}-${worker}-${number}`, number)
          tally.count('Redis commands', 2)
        } catch (cause) {
          tally.count('Redis commands that failed')
          // A connection that is lost tells of itself; what the server itself refuses nobody may have asked for.
          if (cause instanceof ReplyError) tally.violate('bytes', `${place.name}: ${String(cause)}`)
          // A command that is not answered is a connection that hangs: the client gives it up.
          if (/timed out/.test(String(cause))) redis.disconnect(true)
          await sleep(100)
        }
        await sleep(chance.pause(30))
      }
    }),
  )
  over = true
  redis.disconnect()
}

/** Each under a key of its own: a `set` that nobody waits for any more may arrive at any time. */
async function setAndGet(redis: Redis, { tally, place, seed, chance }: Context, key: string, n: number): Promise<void> {
  const value = checkedBytes(seed + n, 0, chance.magnitude(50_000)).toString('base64')
  await redis.set(key, value, 'EX', 60)
  const got = await redis.get(key)
  if (got !== value) tally.violate('bytes', `${place.name}: ${key} is not what was set (${n})`)
  tally.count('checked bytes', 2 * value.length)
}
