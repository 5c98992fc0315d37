import type { Request, ResponseToolkit, ServerRoute } from '@hapi/hapi'
import type { ControlPlane } from '../../control/control-plane.ts'
import { readExchangeQuery } from '../exchange-query.ts'

/** Exchanges of HTTP that are over: the latest, oldest first. */
export function exchangeRoutes({ dataPlane }: ControlPlane): readonly ServerRoute[] {
  function list(request: Request, h: ResponseToolkit) {
    const { filter, limit, format } = readExchangeQuery(request.query)
    const all = dataPlane.exchanges(filter)
    const exchanges = all.slice(Math.max(0, all.length - limit))
    if (format === 'json') return { total: all.length, log: dataPlane.exchangeLog(), exchanges }
    const lines = exchanges.map((exchange) => `${JSON.stringify(exchange)}\n`).join('')
    // Of nothing hapi would make a 204, which has no type.
    return h.response(lines).code(200).type('application/x-ndjson')
  }

  return [{ method: 'GET', path: '/v1/exchanges', handler: list }]
}
