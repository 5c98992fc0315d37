import { request } from 'undici'
import { z } from 'zod'
import { FoulweatherError } from '../core/errors.ts'
import { NAME, VERSION } from '../version.ts'
import { CommandFailure } from './context.ts'

/** For the whole of one call, milliseconds: Toxiproxy's CLI waits as long. */
const CALL_TIMEOUT_MS = 30_000

export interface AdminClientOptions {
  /** `http://host:port`, with or without the scheme. */
  readonly url: string
  readonly token?: string | undefined
}

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE'

/** The admin API as the commands see it: one call, one answer, or an error whose message is fit for stderr. */
export class AdminClient {
  readonly #base: string
  readonly #headers: Readonly<Record<string, string>>

  constructor({ url, token }: AdminClientOptions) {
    this.#base = baseUrl(url)
    this.#headers = {
      'user-agent': `${NAME}/${VERSION} (${process.platform}/${process.arch})`,
      'content-type': 'application/json',
      ...(token === undefined || token === '' ? {} : { authorization: `Bearer ${token}` }),
    }
  }

  /**
   * Answers the text of a 2xx answer.
   *
   * @throws FoulweatherError `unreachable`; CommandFailure `HTTP <status>: <error>` for any other status.
   */
  async call(method: Method, path: string, body?: object): Promise<string> {
    const { statusCode, text } = await this.#exchange(method, path, body)
    if (statusCode >= 200 && statusCode < 300) return text
    throw new CommandFailure(`HTTP ${statusCode}: ${errorText(text)}`)
  }

  /** Like `call`, with the answer read as JSON of the given shape. */
  async json<T>(method: Method, path: string, schema: z.ZodType<T>, body?: object): Promise<{ text: string; data: T }> {
    const text = await this.call(method, path, body)
    const { data, error } = schema.safeParse(parseJson(text))
    if (error === undefined) return { text, data }
    const { path: where = [], message = '' } = error.issues[0] ?? {}
    throw new CommandFailure(`${this.#base}${path} did not answer as an admin API does: ${where.join('.')} ${message}`)
  }

  async #exchange(method: Method, path: string, body?: object): Promise<{ statusCode: number; text: string }> {
    try {
      const answer = await request(`${this.#base}${path}`, {
        method,
        headers: this.#headers,
        body: body === undefined ? null : JSON.stringify(body),
        signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
        // One call per connection: nothing is left open that would keep the command from ending.
        reset: true,
      })
      return { statusCode: answer.statusCode, text: await answer.body.text() }
    } catch (cause) {
      throw new FoulweatherError('unreachable', `Cannot reach ${this.#base}: ${whyUnreachable(cause)}`, { cause })
    }
  }
}

/** One path segment of a name. */
export function segment(name: string): string {
  return encodeURIComponent(name)
}

function baseUrl(text: string): string {
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`
  const url = URL.parse(withScheme)
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new CommandFailure(`--host "${text}" is not an address of an admin API; expected http://HOST:PORT`, 2)
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`
}

const WHY: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused. Is `foulweather serve` running?',
  ENOTFOUND: 'no such host.',
  EAI_AGAIN: 'the name cannot be resolved now.',
  ECONNRESET: 'connection reset.',
  EHOSTUNREACH: 'no route to host.',
  ENETUNREACH: 'network unreachable.',
  UND_ERR_SOCKET: 'the connection was closed before an answer came. Is this an admin API?',
  UND_ERR_CONNECT_TIMEOUT: 'no connection within 10 s.',
  HPE_INVALID_CONSTANT: 'the answer is not HTTP. Is this an admin API?',
}

function whyUnreachable(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return `no answer within ${CALL_TIMEOUT_MS / 1000} s.`
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  return WHY[code] ?? (error.message || code)
}

const errorBody = z.union([
  z.looseObject({ error: z.string() }).transform(({ error }) => error),
  z.looseObject({ detail: z.string() }).transform(({ detail }) => detail),
  z.looseObject({ title: z.string() }).transform(({ title }) => title),
])

/** The text of Toxiproxy's error object, of a problem document, or the body itself, on one line. */
function errorText(body: string): string {
  const { data } = errorBody.safeParse(parseJson(body))
  return (data ?? body).trim().replace(/\s+/g, ' ').slice(0, 500)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
