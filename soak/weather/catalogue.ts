import type { Chance } from '../chance.ts'
import { isCalm, isHttp } from '../places.ts'

/**
 * What a fault may do to those whom it works on.
 *
 * - `late`: nothing but time.
 * - `harm`: bytes may be missing or wrong, connections may end.
 * - `shut`: nobody may be able to connect.
 */
export type Danger = 'late' | 'harm' | 'shut'

interface Kind {
  readonly type: string
  readonly danger: Danger
  /** `http` = works on exchanges; `body` = on the bytes of a connection, and of bodies too. */
  readonly on: 'connection' | 'body' | 'http'
  readonly fields: (chance: Chance) => Fields
  /** Nothing, or next to nothing, passes while it is there: it never stays for long. */
  readonly blocks?: (fields: Fields) => boolean
}

export type Fields = Readonly<Record<string, unknown>>

export interface NewFault {
  readonly name: string
  readonly type: string
  readonly danger: Danger
  readonly body: Fields
  /** Milliseconds; `undefined` = it stays. */
  readonly ttl: number | undefined
}

const ms = (chance: Chance, most: number): string => `${chance.magnitude(most)}ms`
const always = (): boolean => true

function stallFields(chance: Chance): Fields {
  return { every: `${chance.whole(200, 1000)}ms`, for: ms(chance, 150), scope: chance.oneOf(['proxy', 'session']) }
}

function sliced(chance: Chance): Fields {
  const average_size = chance.whole(128, 8192)
  return { average_size, size_variation: chance.whole(0, average_size - 1), delay: chance.happens(0.5) ? 0 : '200us' }
}

function rate(chance: Chance): Fields {
  return {
    rate: chance.happens(0.1) ? 0 : `${200 * chance.magnitude(200)}KB/s`,
    burst: chance.oneOf<number | string>([0, '100KB']),
  }
}

function keepOrNot(chance: Chance): string {
  return chance.oneOf(['keep', 'close', 'reset'])
}

const noRate = ({ rate }: Fields): boolean => rate === 0

const KINDS: readonly Kind[] = [
  { type: 'noop', danger: 'late', on: 'body', fields: () => ({}) },
  {
    type: 'latency',
    danger: 'late',
    on: 'body',
    fields: (chance) => ({
      latency: ms(chance, 200),
      jitter: ms(chance, 50),
      distribution: chance.oneOf(['uniform', 'normal', 'lognormal', 'exponential', 'pareto', 'paretonormal']),
    }),
  },
  {
    type: 'bandwidth',
    danger: 'late',
    on: 'body',
    fields: (chance) => ({ ...rate(chance), scope: chance.oneOf(['session', 'session', 'proxy']) }),
    blocks: noRate,
  },
  { type: 'slicer', danger: 'late', on: 'body', fields: sliced },
  { type: 'slow_close', danger: 'late', on: 'connection', fields: (chance) => ({ delay: ms(chance, 500) }) },
  { type: 'stall', danger: 'late', on: 'connection', fields: stallFields },
  {
    type: 'loss',
    danger: 'late',
    on: 'connection',
    fields: (chance) => ({ percent: chance.number(0, 2), rtt: ms(chance, 30), congestion: 'bbr' }),
  },
  {
    type: 'packet_loss',
    danger: 'late',
    on: 'connection',
    fields: (chance) => ({ loss_rate: chance.number(0, 0.02), correlation: chance.number(0, 0.2) }),
  },
  {
    type: 'link',
    danger: 'late',
    on: 'connection',
    fields: (chance) => ({ rtt: ms(chance, 100), rate: `${500 * chance.magnitude(100)}KB/s`, loss: 0 }),
  },
  { type: 'accept_delay', danger: 'late', on: 'connection', fields: (chance) => ({ delay: ms(chance, 500) }) },
  { type: 'connect_delay', danger: 'late', on: 'connection', fields: (chance) => ({ delay: ms(chance, 500) }) },
  { type: 'hang', danger: 'late', on: 'connection', fields: () => ({}), blocks: always },
  {
    type: 'http_latency',
    danger: 'late',
    on: 'http',
    fields: (chance) => ({ latency: ms(chance, 200), phase: chance.oneOf(['request', 'response', 'body']) }),
  },
  {
    type: 'http_bandwidth',
    danger: 'late',
    on: 'http',
    fields: (chance) => ({ ...rate(chance), scope: chance.oneOf(['exchange', 'proxy']) }),
    blocks: noRate,
  },
  {
    type: 'http_stall',
    danger: 'late',
    on: 'http',
    fields: (chance) => ({
      at: chance.oneOf(['head', 'body']),
      ...(chance.happens(0.8) ? { for: ms(chance, 400) } : {}),
    }),
    blocks: (fields) => !('for' in fields),
  },
  {
    type: 'http_headers',
    danger: 'late',
    on: 'http',
    fields: (chance) => ({
      request: { append: { 'X-Soak-Added': `${chance.whole(0, 9)}` } },
      response: { append: { 'X-Soak-Added': `${chance.whole(0, 9)}` } },
    }),
  },
  {
    type: 'timeout',
    danger: 'harm',
    on: 'connection',
    fields: (chance) => ({ timeout: ms(chance, 500) }),
    blocks: always,
  },
  { type: 'blackhole', danger: 'harm', on: 'connection', fields: () => ({}), blocks: always },
  {
    type: 'reset_peer',
    danger: 'harm',
    on: 'connection',
    fields: (chance) => ({
      timeout: ms(chance, 1000),
      trigger: chance.oneOf(['first-data', 'connect', 'idle']),
      side: chance.oneOf(['both', 'client', 'server']),
    }),
  },
  {
    type: 'limit_data',
    danger: 'harm',
    on: 'body',
    fields: (chance) => ({ bytes: chance.magnitude(500_000), end: chance.oneOf(['close', 'reset', 'stall']) }),
  },
  {
    type: 'half_open',
    danger: 'harm',
    on: 'connection',
    fields: (chance) => ({ side: chance.oneOf(['server', 'client']), after: ms(chance, 1000) }),
  },
  {
    type: 'overload',
    danger: 'harm',
    on: 'connection',
    fields: (chance) => ({ capacity: `${chance.whole(200, 2000)}/s`, queue: chance.magnitude(1000) }),
  },
  { type: 'reject', danger: 'harm', on: 'connection', fields: (chance) => ({ after: ms(chance, 300) }) },
  {
    type: 'connect_fail',
    danger: 'harm',
    on: 'connection',
    fields: (chance) => ({ after: ms(chance, 300), how: chance.oneOf(['close', 'reset']) }),
  },
  {
    type: 'lifetime',
    danger: 'harm',
    on: 'connection',
    fields: (chance) => ({
      after: `${chance.whole(200, 3000)}ms`,
      jitter: '100ms',
      how: chance.oneOf(['close', 'reset']),
    }),
  },
  {
    type: 'idle_kill',
    danger: 'harm',
    on: 'connection',
    fields: (chance) => ({
      after: `${chance.whole(200, 3000)}ms`,
      how: chance.oneOf(['silent', 'reset', 'close', 'reset-on-use']),
    }),
  },
  {
    type: 'corrupt',
    danger: 'harm',
    on: 'body',
    fields: (chance) => ({ spacing: chance.whole(100, 100_000), mode: chance.oneOf(['bitflip', 'zero', 'random']) }),
  },
  {
    type: 'refuse',
    danger: 'shut',
    on: 'connection',
    fields: (chance) => ({ sessions: keepOrNot(chance) }),
    blocks: always,
  },
  {
    type: 'flap',
    danger: 'shut',
    on: 'connection',
    fields: (chance) => ({ up: '700ms', down: '300ms', jitter: '100ms', sessions: keepOrNot(chance) }),
  },
  {
    type: 'max_sessions',
    danger: 'shut',
    on: 'connection',
    fields: (chance) => ({
      max: chance.whole(0, 20),
      beyond: chance.oneOf(['refuse', 'queue', 'hang', 'reset', 'close']),
    }),
    blocks: always,
  },
  {
    type: 'http_error',
    danger: 'harm',
    on: 'http',
    fields: (chance) => ({
      status: chance.oneOf([500, 502, 503, 504, 404]),
      forward: chance.oneOf(['never', 'before_answer']),
    }),
  },
  {
    type: 'http_truncate',
    danger: 'harm',
    on: 'http',
    fields: (chance) => ({
      at: chance.oneOf<number | string>(['head', '30%', 5000]),
      how: chance.oneOf(['close', 'reset']),
    }),
  },
  {
    type: 'http_reset',
    danger: 'harm',
    on: 'http',
    fields: (chance) => ({
      at: chance.oneOf(['before_forward', 'after_upstream_answer', 'mid_body']),
      how: chance.oneOf(['reset', 'close']),
    }),
  },
  { type: 'http_body', danger: 'harm', on: 'http', fields: () => ({ corrupt: { bytes: 3 } }) },
  { type: 'http_rate_limit', danger: 'harm', on: 'http', fields: () => ({ limit: 5, window: '1s' }) },
]

/** Bytes that are wrong make these programs' own clients do anything: they get nothing but what a network can do. */
const OWN_PROTOCOLS = /-(postgres|redis)$/

function fits(kind: Kind, proxy: string): boolean {
  if (isCalm(proxy) && kind.danger !== 'late') return false
  if (kind.type === 'corrupt' && OWN_PROTOCOLS.test(proxy)) return false
  return kind.on !== 'http' || isHttp(proxy)
}

/** Types that act on the whole proxy, or on connecting alone, and know no direction. */
const NO_DIRECTION = new Set([
  'hang',
  'accept_delay',
  'connect_delay',
  'reject',
  'connect_fail',
  'lifetime',
  'idle_kill',
  'half_open',
  'overload',
  'refuse',
  'flap',
  'max_sessions',
  'link',
  'http_error',
  'http_truncate',
  'http_body',
  'http_rate_limit',
  'http_headers',
])

const WHOLE_PROXY = new Set(['refuse', 'flap', 'max_sessions'])

/** A fault that `proxy` may have. `slot` makes its name unique; names come again, so that there is a bounded number of them. */
export function newFault(proxy: string, slot: string, chance: Chance): NewFault {
  const possible = KINDS.filter((kind) => fits(kind, proxy))
  const kind = chance.anyOf(possible)
  if (kind === undefined) throw new Error(`no fault fits ${proxy}`)
  const fields = kind.fields(chance)
  const ttl = ttlOf(kind, fields, proxy, chance)
  const name = `${kind.type}-${slot}`
  const body = {
    name,
    type: kind.type,
    ...fields,
    ...(NO_DIRECTION.has(kind.type) ? {} : { direction: chance.oneOf(['upstream', 'downstream', 'both']) }),
    ...(WHOLE_PROXY.has(kind.type) ? {} : beside(kind, proxy, chance)),
    ...(ttl === undefined ? {} : { ttl }),
  }
  return { name, type: kind.type, danger: kind.danger, body, ttl }
}

/** Other parameters for a fault that is there. */
export function otherFields(type: string, chance: Chance): Fields {
  const kind = KINDS.find((kind) => kind.type === type)
  const fields = kind?.fields(chance) ?? {}
  // What was put there to stay must not come to block.
  return kind?.blocks?.(fields) === true ? {} : fields
}

function ttlOf(kind: Kind, fields: Fields, proxy: string, chance: Chance): number | undefined {
  if (kind.blocks?.(fields) === true) return chance.whole(100, isCalm(proxy) ? 1000 : 1500)
  // On rough proxies something has to get through, too.
  if (kind.danger !== 'late') return chance.whole(200, 4000)
  return chance.happens(0.5) ? chance.whole(500, 10_000) : undefined
}

/** What may stand beside the parameters. */
function beside(kind: Kind, proxy: string, chance: Chance): Fields {
  const part = isHttp(proxy) && kind.on === 'body' && chance.happens(0.5) ? { part: 'body' } : {}
  const perExchange = kind.on === 'http' || 'part' in part
  const further: readonly [Fields, ...Fields[]] = [
    {},
    {},
    {},
    { shadow: true },
    { schedule: { after: '100ms', for: '300ms', every: '700ms' } },
    { limits: { max_injections: chance.magnitude(300) } },
    { limits: { max_share: 0.4 } },
    { limits: { max_added_delay: `${chance.whole(20, 300)}ms` } },
    ...(perExchange
      ? [{ match: { path: ['/check/*1/*'] } }, { count: { every: 2 } }, { sticky_by: 'client' }]
      : [{ match: { session: { every: 2 } } }, { existing: 'skip' }]),
    ...(isCalm(proxy) || perExchange ? [] : [{ existing: 'reset' }, { on_remove: 'reset' }]),
  ]
  const probability = chance.oneOf([1, 1, 0.5, 0.2])
  return { probability, ...part, ...chance.oneOf(further) }
}
