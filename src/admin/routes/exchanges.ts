import type { Request, ResponseToolkit, ServerRoute } from '@hapi/hapi'
import { z } from 'zod'
import type { ControlPlane } from '../../control/control-plane.ts'
import { readExchangeQuery } from '../exchange-query.ts'
import type { Operation } from '../operation.ts'
import { FORMAT, LIMIT, origin, text } from '../shapes/common.ts'
import { exchangesShape } from '../shapes/exchange.ts'

/** Exchanges of HTTP that are over: the latest, oldest first. */
export function exchangeRoutes({ dataPlane }: ControlPlane): readonly ServerRoute[] {
  async function list(request: Request, h: ResponseToolkit) {
    const { filter, limit, format } = readExchangeQuery(request.query)
    // First how far the log goes, and not what has come since then: who follows it asks next for what is behind that.
    const log = await dataPlane.exchangeLog()
    const all = (await dataPlane.exchanges(filter)).filter(({ seq }) => seq <= log.newest)
    const exchanges = all.slice(Math.max(0, all.length - limit))
    if (format === 'json') return { total: all.length, log, exchanges }
    const lines = exchanges.map((exchange) => `${JSON.stringify(exchange)}\n`).join('')
    // Of nothing hapi would make a 204, which has no type.
    return h.response(lines).code(200).type('application/x-ndjson')
  }

  return [{ method: 'GET', path: '/v1/exchanges', options: { app: { operation: LIST } }, handler: list }]
}

const LIST: Operation = {
  id: 'listExchanges',
  tag: 'Exchanges',
  summary: 'Exchanges of HTTP that are over: the latest, oldest first.',
  query: [
    text('proxy', 'Of this proxy only.'),
    text('session', 'Of the session with this id only.'),
    {
      name: 'status',
      description: 'What the client was answered: `503`, `5xx`, `400-499` or `none`, several with commas between them.',
      schema: z.string().meta({ examples: ['5xx,none'] }),
    },
    { name: 'origin', description: 'Who answered it, or ended it.', schema: origin },
    text('fault', 'Those that a fault of this name worked on only.'),
    { name: 'after', description: 'Only those after this `seq`.', schema: z.int().nonnegative() },
    LIMIT,
    FORMAT,
  ],
  answers: { 200: { description: 'They.', schema: exchangesShape } },
}
