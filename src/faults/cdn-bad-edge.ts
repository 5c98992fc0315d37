import { z } from 'zod'
import type { RequestVerdict } from '../core/exchange.ts'
import { withHeader, type HeaderList } from '../core/http.ts'
import { defineFault } from './define.ts'
import { span } from './field-kinds.ts'
import { errorStatus, plainAnswer } from './http/answers.ts'
import { keyKind, keyOf, positionOf, salt } from './http/key.ts'
import { count } from './params.ts'

const params = z.object({
  edges: count('edges', 1, 1000).default(4).describe('How many edges there are. One of them is bad.'),
  key: keyKind('client')
    .default('client')
    .describe('What decides which edge a request meets: the address of the client, or the value of a request field.'),
  salt: salt().default('').describe('Another text distributes the same keys over the edges in another way.'),
  symptom: z
    .enum(['error', 'slow', 'reset'], { error: 'expected error, slow or reset' })
    .default('error')
    .describe('What the bad edge does: it answers with `status`, answers `delay` later, or resets the connection.'),
  status: errorStatus().default(503).describe('With `symptom: error`: what it answers.'),
  delay: span().prefault(5000).describe('With `symptom: slow`: how much later the request goes on.'),
  mark: z
    .boolean({ error: 'expected true or false' })
    .default(false)
    .describe('Whether responses name the edge: `X-Served-By: edge-2`. Edge 0 is the bad one.'),
})

type Params = z.output<typeof params>

function markOf(edge: number): HeaderList[number] {
  return ['X-Served-By', `edge-${edge}`]
}

function symptomOf({ symptom, status, delay, mark }: Params): RequestVerdict {
  const what = 'bad_edge'
  if (symptom === 'slow') return { what, wait: delay }
  if (symptom === 'reset') return { what, end: 'reset-client' }
  return { what, answer: plainAnswer(status, mark ? [markOf(0)] : []), forward: 'never' }
}

/** Which edge a key meets, from 0. */
export function edgeOf(key: string, { edges, salt: text }: Pick<Params, 'edges' | 'salt'>): number {
  return Math.floor(positionOf(key, text) * edges)
}

export const cdnBadEdge = defineFault({
  type: 'cdn_bad_edge',
  layer: 'http',
  effect: 'content',
  summary: 'Makes one of several edges bad: some clients always get its errors, the others never.',
  details: `Distributes clients over \`edges\` edges, of which number 0 is bad. A client always meets the same edge; so about one in \`edges\` of many different clients is hit, by every one of its requests, and retries do not help. This is what tells it from \`http_error\` with a probability, where
everybody has trouble now and then.

- \`key: client\`: by the address of the client, without the port. Clients behind one address share their luck: where all come from \`127.0.0.1\`, all are hit or none. There, use \`key: header:NAME\` with a field that tells users apart (\`Authorization\`, \`X-User\`, \`Cookie\`); requests without it share one edge.
- Which edge that is hangs on the key, \`edges\` and \`salt\` alone, not on the seed: a client keeps its edge over restarts. Another \`salt\` makes another one bad.

The \`symptom\`: \`error\` answers with \`status\`, without asking the upstream; \`slow\` sends the request on after \`delay\`; \`reset\` resets the client's connection. With \`mark\` every response says which edge it is from, as \`X-Served-By\` does at several CDNs; then every exchange counts as one that the fault has
worked on, otherwise those of the bad edge alone.

Stands for one point of presence with a full disk, an expired certificate towards its origin, an overloaded link or half a configuration; for one bad server behind a load balancer that hashes addresses; for one shard of a database behind an API. Dashboards show an error rate of \`1/edges\` and nobody in the
office can reproduce it, because the office meets a good edge. A global average hides it: look at rates by client or by region. At Fastly, on 8 June 2021, it was 85 % of the network at once that answered with errors, for most of an hour, after one customer's valid change of configuration: that is \`edges: 1\`.`,
  example: { edges: 4, key: 'header:X-User', status: 503, mark: true },
  params,
  directions: ['both'],
  warnings: ({ edges, mark, symptom, salt: text }) => [
    ...(edges === 1 ? ['with one edge every client meets the bad one'] : []),
    ...(edges === 1 && text !== '' ? ['salt does nothing with one edge'] : []),
    ...(mark && symptom === 'reset' ? ['a connection that is reset has no response to mark'] : []),
  ],
  request: (p, { client }, head) => (edgeOf(keyOf(p.key, client, head), p) === 0 ? symptomOf(p) : undefined),
  response: (p, { client }, head, request) => {
    if (!p.mark) return undefined
    const [name, value] = markOf(edgeOf(keyOf(p.key, client, request), p))
    return { what: 'mark', head: { ...head, headers: withHeader(head.headers, name, value) } }
  },
})
