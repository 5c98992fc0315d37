import { z } from 'zod'
import type { ExchangeContext } from '../core/exchange.ts'
import { withHeader, type HeaderList, type RequestHead } from '../core/http.ts'
import { defineFault } from './define.ts'
import { span } from './field-kinds.ts'
import { errorStatus, plainAnswer } from './http/answers.ts'
import { ExchangeMemory } from './http/exchange-memory.ts'
import { keyKind, keyOf } from './http/key.ts'
import { RateWindows, WINDOWS_CELLS, type Taken } from './http/rate-windows.ts'
import { count } from './params.ts'

const MOST = 1_000_000_000

const params = z.object({
  limit: count('requests', 0, MOST).describe('Requests that pass in a window, for each key. 0 = none.'),
  window: span().describe('How long a window lasts.'),
  key: keyKind('client', 'proxy')
    .default('client')
    .describe(
      'Who has a budget of their own: each client address, all clients of the proxy together, or each value of a request field (`header:X-Api-Key`).',
    ),
  status: errorStatus().default(429).describe('What is answered when the budget is used up.'),
  fields: z
    .enum(['both', 'ratelimit', 'x_ratelimit', 'none'], { error: 'expected both, ratelimit, x_ratelimit or none' })
    .default('both')
    .describe(
      'Which fields tell of the budget: `RateLimit` and `RateLimit-Policy` (IETF draft), the older `X-RateLimit-*`, both or none.',
    ),
  announce: z
    .enum(['refused', 'always'], { error: 'expected refused or always' })
    .default('refused')
    .describe('Whether refusals alone have these fields, or every response.'),
})

type Params = z.output<typeof params>

const seconds = (ms: number): number => Math.max(0, Math.ceil(ms / 1000))

/** What is left of a budget, as fields. */
function budgetFields({ limit, window, fields }: Params, taken: Taken, { at, wall }: ExchangeContext): HeaderList {
  const remaining = Math.max(0, limit - taken.nth)
  const left = Math.max(0, taken.endsAt - at)
  const draft: HeaderList = [
    ['RateLimit-Policy', `"default";q=${limit};w=${Math.max(1, seconds(window))}`],
    ['RateLimit', `"default";r=${remaining};t=${seconds(left)}`],
  ]
  const older: HeaderList = [
    ['X-RateLimit-Limit', String(limit)],
    ['X-RateLimit-Remaining', String(remaining)],
    ['X-RateLimit-Reset', String(seconds(wall + left))],
  ]
  return [
    ...(fields === 'x_ratelimit' || fields === 'none' ? [] : draft),
    ...(fields === 'ratelimit' || fields === 'none' ? [] : older),
  ]
}

function take({ key, window }: Params, context: ExchangeContext, head: RequestHead): Taken {
  const windows = context.shared('proxy', () => new RateWindows(context.cells()))
  // Asked again about the same exchange it does not count it again.
  return ExchangeMemory.of<Taken>(context).decide(context.exchange, () =>
    // Told apart by what they are keys of: an update may name something else.
    windows.take(`${key.toLowerCase()} ${keyOf(key, context.client, head)}`, context.at, window),
  )
}

export const httpRateLimit = defineFault({
  type: 'http_rate_limit',
  layer: 'http',
  effect: 'content',
  summary: 'Lets only so many requests pass in a window, and answers the others with 429.',
  details: `The first \`limit\` requests of a window go on to the upstream; those behind them are answered with \`status\` until the window is over, and the upstream does not hear of them. A window belongs to a \`key\` and begins with its first request; the
next begins with the first request after that. So \`limit\` requests right before the end of a window and as many right behind it all pass, as with most servers that count this way.

- \`key: client\`: the address of the client, without the port. \`key: proxy\`: one budget for all. \`key: header:NAME\`: the value of a request field, such as an API key; requests without it share one budget.
- 10 000 keys are counted at the same time; of more, the one that was used longest ago begins anew.
- A request counts once, when its head has come and the fault is asked, whatever else delays it. Only exchanges that the fault selects (\`match\`, \`probability\`, \`count\`) count at all.

A refusal has \`Retry-After\` (RFC 9110, section 10.2.3): whole seconds until the window is over, rounded up, at least 1. With it come, as \`fields\` says:

- \`RateLimit-Policy: "default";q=LIMIT;w=SECONDS\` and \`RateLimit: "default";r=REMAINING;t=SECONDS\`, as in draft-ietf-httpapi-ratelimit-headers-10;
- \`X-RateLimit-Limit\`, \`-Remaining\` and \`-Reset\`, the last as seconds since the epoch, as GitHub's API has it. Other services mean other things by it.

With \`announce: always\` responses that pass have them too, in the place of those that the upstream may have sent, so that clients can pace themselves; then every exchange counts as one that the fault worked on, otherwise refusals alone.

An update keeps the count: with a larger \`limit\` what is left of the window may be used, and a new length of the window counts from its beginning. Another \`key\` begins with new budgets. Removing the fault forgets it all.

Stands for quotas of public APIs, limits of gateways and of a WAF, and for a neighbour who uses up a shared budget (\`key: proxy\`). It brings out clients that retry at once, that do not read \`Retry-After\`, that all come back in the same second, and pools of
workers that share one key without knowing it. Some services answer 403 or 503: that is what \`status\` is for.`,
  example: { limit: 5, window: '10s', key: 'header:X-Api-Key' },
  params,
  cells: WINDOWS_CELLS,
  directions: ['both'],
  warnings: ({ limit, fields, announce }) => [
    ...(limit === 0 ? ['a limit of 0 refuses every request'] : []),
    ...(fields === 'none' && announce === 'always' ? ['announce does nothing with fields none'] : []),
  ],
  request: (p, context, head) => {
    const taken = take(p, context, head)
    if (taken.nth <= p.limit) return undefined
    const retry = Math.max(1, seconds(taken.endsAt - context.at))
    const headers: HeaderList = [['Retry-After', String(retry)], ...budgetFields(p, taken, context)]
    return { what: 'rate_limit', answer: plainAnswer(p.status, headers), forward: 'never' }
  },
  response: (p, context, head) => {
    if (p.announce === 'refused' || p.fields === 'none') return undefined
    const taken = ExchangeMemory.of<Taken>(context).get(context.exchange)
    if (taken === undefined) return undefined
    const fields = budgetFields(p, taken, context)
    const headers = fields.reduce((list, [name, value]) => withHeader(list, name, value), head.headers)
    return { what: 'budget', head: { ...head, headers } }
  },
})
