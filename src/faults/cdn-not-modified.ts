import { z } from 'zod'
import { defineFault } from './define.ts'
import { isCacheableRequest, isConditional, notModifiedFields } from './http/caching.ts'

const params = z.object({
  when: z
    .enum(['unconditional', 'conditional', 'any'], { error: 'expected unconditional, conditional or any' })
    .default('unconditional')
    .describe(
      'Which requests: those of clients that have no copy (`unconditional`), those that ask whether theirs is still good (`conditional`) and would get a new one, or both.',
    ),
})

export const cdnNotModified = defineFault({
  type: 'cdn_not_modified',
  layer: 'http',
  effect: 'content',
  summary: 'Answers 304 Not Modified to clients that have no copy, or an old one.',
  details: `Where the upstream answers a \`GET\` or \`HEAD\` with 200, the client gets a 304 without a body instead. The 304 has the fields of the 200 that it has to have (\`Cache-Control\`, \`Content-Location\`, \`ETag\`, \`Expires\`, \`Vary\`; RFC 9110, section 15.4.5) and \`Last-Modified\`; cookies and the rest are gone. The
upstream has done its work; what it sends is read and dropped.

- \`when: unconditional\`: requests without \`If-None-Match\` and \`If-Modified-Since\`. The client has nothing that could be "not modified".
- \`when: conditional\`: requests with one of them whose copy is outdated. The client goes on with what it has, and takes it for confirmed.
- \`when: any\`: both.

A 304 that the upstream sends itself passes, and so does every other status. Connections stay usable.

Stands for an edge that revalidates its own copy and hands the origin's 304 on to a client that has none (blank pages until a forced reload), for a cache that ignores \`Vary\` or compares validators wrongly, and for servers of one cluster that make the same \`ETag\` for different content. Most clients
take a 304 that they did not ask for as an empty success, or as an error without a text; \`fetch\` in browsers shows it as a response that is not \`ok\`.`,
  example: { when: 'unconditional' },
  params,
  directions: ['both'],
  response: ({ when }, _context, { status, headers }, request) => {
    if (status !== 200 || !isCacheableRequest(request)) return undefined
    if (when !== 'any' && isConditional(request) !== (when === 'conditional')) return undefined
    return { what: 'not_modified', answer: { status: 304, headers: notModifiedFields(headers), body: Buffer.alloc(0) } }
  },
})
