import { once } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import type { Request, ResponseObject, ResponseToolkit, Server } from '@hapi/hapi'
import { FoulweatherError } from '../core/errors.ts'
import { bugDocument, problemDocument } from './problem.ts'
import { toxiproxyText } from './toxiproxy-errors.ts'
import { errorJson } from './toxiproxy-json.ts'

/** Everything that happens after a route's handler: errors put into the words of its family, the request id, unread bodies. */
export function installResponding(server: Server): void {
  server.ext('onPreResponse', async (request, h) => {
    await skipUnreadBody(request)
    const { response } = request
    const failed = response instanceof Error
    const answer = failed ? answerError(request, h, response, response.output.statusCode) : response
    if (request.app.requestId !== undefined) answer.header('X-Toxiproxy-Request-Id', request.app.requestId)
    // Texts of profiles and of errors hold what others have sent: no browser is to find a page or a script in them.
    if (request.app.family === 'native') answer.header('x-content-type-options', 'nosniff')
    return failed ? answer : h.continue
  })
}

/**
 * A body that nobody wants but that is already here is taken out of the connection's way, so that the connection can be kept;
 * hapi closes it otherwise.
 */
async function skipUnreadBody({ raw: { req } }: Request): Promise<void> {
  const { 'content-length': length, 'transfer-encoding': encoding } = req.headers
  if (length === undefined && encoding === undefined) return
  if (req.readableEnded || req.destroyed) return
  // The head is answered before the parser has come to the body, even where both are in one packet.
  if (!req.complete) await setImmediate()
  if (!req.complete || req.destroyed) return
  req.resume()
  await once(req, 'end')
}

function answerError(request: Request, h: ResponseToolkit, error: Error, status: number): ResponseObject {
  const known = error instanceof FoulweatherError ? error : undefined
  if (known === undefined && status === 500) request.app.bug = error
  const answer = request.app.family === 'native' ? nativeError(h, known, status) : toxiproxyError(h, known, status)
  if (known?.code === 'unauthorized') answer.header('www-authenticate', 'Bearer realm="foulweather"')
  if (known?.code === 'method_not_allowed') answer.header('allow', known.expected ?? '')
  return answer.code(known?.status ?? status)
}

function nativeError(h: ResponseToolkit, error: FoulweatherError | undefined, status: number): ResponseObject {
  const document = error === undefined ? bugDocument(status) : problemDocument(error)
  return h.response(JSON.stringify(document)).type('application/problem+json')
}

const TIMEOUT_PAGE = '<html><head><title>Timeout</title></head><body><h1>Timeout</h1></body></html>'

function toxiproxyError(h: ResponseToolkit, error: FoulweatherError | undefined, status: number): ResponseObject {
  if (error === undefined && status === 503) return h.response(TIMEOUT_PAGE).type('text/html; charset=utf-8')
  // What is not a FoulweatherError is a mistake of ours: nothing of it is shown, the log has it.
  const body = errorJson(error === undefined ? 'internal error' : toxiproxyText(error), error?.status ?? status)
  return h.response(`${body}\n`).type('text/plain; charset=utf-8').header('x-content-type-options', 'nosniff')
}
