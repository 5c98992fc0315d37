import { z } from 'zod'
import { bodyPlace } from './body-place.ts'
import { BodyStall } from './body-stall.ts'
import { defineFault } from './define.ts'
import { duration } from './params.ts'

const params = z.object({
  at: z
    .enum(['head', 'body'], { error: 'expected head or body' })
    .default('head')
    .describe('What hangs: the whole message before its head goes on, or its body.'),
  phase: z
    .enum(['request', 'response'], { error: 'expected request or response' })
    .optional()
    .describe('With `at: head`: of which message. Default: response.'),
  after: bodyPlace()
    .optional()
    .describe('With `at: body`: how much of it passes before, in bytes or percent (`30%`). Default: 0.'),
  for: duration().optional().describe('How long it hangs. Default: until the fault goes.'),
})

type StallParams = z.output<typeof params>

function hang(p: StallParams, phase: 'request' | 'response') {
  if (p.at !== 'head' || (p.phase ?? 'response') !== phase || p.for === 0) return undefined
  const { for: ms } = p
  return ms === undefined
    ? ({ what: 'stall', wait: Infinity, detail: { wait: 'forever' } } as const)
    : { what: 'stall', wait: ms }
}

export const httpStall = defineFault({
  type: 'http_stall',
  layer: 'http',
  effect: 'timing',
  summary: 'Lets a response or request hang: before its head, or in the middle of its body.',
  details: `The connection stays open and nothing comes, for the time of \`for\`, and then the message goes on as if nothing had happened. Without \`for\` it hangs until the fault is removed, or the client gives up.

- \`at: head\`: the message does not go on. With \`phase: response\` (the default) the upstream has done its work and the client waits for the status; with \`phase: request\` the upstream does not hear of the request before. The
direction counts for nothing here.
- \`at: body\`: the head passes, and so does as much of the body as \`after\` says; what is behind it hangs, the end included: of the response (\`direction: downstream\`, the default), the request (\`upstream\`) or both. The sender is slowed
down through TCP: little more than one read waits in the proxy.

\`after\` is a number of bytes, or a share of the body in percent. Where the length is known (\`Content-Length\`), a body that is no longer than \`after\` does not hang. Where nobody knows it yet (chunked, or up to the
close of the connection), a share is taken of the first piece that comes, which is a chunk, a read, or only the line in front of a chunk: use bytes where that matters. Bytes that only delimit chunks may count as bytes of the body.

Each message that hangs counts and is put on record once. With a \`match\` on the status of the response, \`phase: request\` is refused, and \`at: body\` works on bodies of responses. Time-outs of the client go on counting; where the
client leaves, the exchange is over.

Stands for a backend in a deadlock, a lock that is held, a full connection pool behind it (\`at: head\`), a streaming response or a download that stops without an end (\`at: body\`): what clients with a time-out for
connecting alone wait for without end.`,
  example: { at: 'body', after: '4KiB', for: '20s' },
  params,
  warnings: (p) => [
    ...(p.for === 0 ? ['it lets nothing hang: `for` is 0'] : []),
    ...(p.at === 'head' && p.after !== undefined ? ['`after` does nothing with `at: head`'] : []),
    ...(p.at === 'body' && p.phase !== undefined
      ? ['`phase` does nothing with `at: body`: `direction` says whose body it is']
      : []),
  ],
  actsOnResponse: ({ at, phase }) => at === 'body' || phase !== 'request',
  request: (p) => hang(p, 'request'),
  response: (p) => hang(p, 'response'),
  stage: (p, context, previous) =>
    p.at === 'body' ? new BodyStall(p.after ?? 0, p.for ?? Infinity, context, previous) : undefined,
})
