import type { Dispatcher } from 'undici'
import { FoulweatherError } from '../core/errors.ts'
import { NAME, VERSION } from '../version.ts'

/** For the whole of one call, milliseconds: Toxiproxy's CLI waits as long. */
const CALL_TIMEOUT_MS = 30_000

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export interface TransportOptions {
  /** As `baseUrl` answers it. */
  readonly base: string
  readonly token?: string | undefined
  /** For the whole of one call, milliseconds. Default: 30 000. */
  readonly timeoutMs?: number | undefined
}

export interface TransportCall {
  readonly body?: string | undefined
  /** In lower case. Beside those that every call has, or in their place. */
  readonly headers?: Readonly<Record<string, string>>
  /** Ends the call; it throws the reason then. */
  readonly signal?: AbortSignal | undefined
  /** In the place of that of the transport. */
  readonly timeoutMs?: number | undefined
}

export interface TransportAnswer {
  readonly status: number
  readonly text: string
}

/** A body that is read as it comes. */
export interface StreamedAnswer {
  readonly status: number
  readonly type: string
  readonly body: AsyncIterable<Uint8Array>
  /** All of it. */
  text(): Promise<string>
  /** Closes the connection, whatever there is to come. */
  discard(): void
}

/** Loaded by the first call: whoever only asks the command line for help need not wait for it. */
const undici = () => import('undici')

/** Calls to one admin API over HTTP, whatever they mean: the CLI and the client of the library share it. */
export class Transport {
  readonly base: string
  readonly timeoutMs: number
  readonly #headers: Readonly<Record<string, string>>

  /** @throws FoulweatherError `invalid_value`: the token cannot be sent, or the time is none. */
  constructor({ base, token, timeoutMs = CALL_TIMEOUT_MS }: TransportOptions) {
    this.base = base
    this.timeoutMs = checkedTimeout(timeoutMs)
    checkToken(token)
    this.#headers = {
      'user-agent': `${NAME}/${VERSION} (${process.platform}/${process.arch})`,
      'content-type': 'application/json',
      ...(token === undefined || token === '' ? {} : { authorization: `Bearer ${token}` }),
    }
  }

  /** One call, answered whole. @throws FoulweatherError `unreachable`. */
  async exchange(method: Method, path: string, call: TransportCall = {}): Promise<TransportAnswer> {
    const { signal } = call
    const timeoutMs = checkedTimeout(call.timeoutMs ?? this.timeoutMs)
    const timeout = AbortSignal.timeout(timeoutMs)
    try {
      const signals = signal === undefined ? timeout : AbortSignal.any([signal, timeout])
      const answer = await this.#request(method, path, call, { signal: signals })
      return { status: answer.statusCode, text: await answer.body.text() }
    } catch (cause) {
      signal?.throwIfAborted()
      throw this.unreachable(cause, timeoutMs)
    }
  }

  /**
   * One GET whose body is read as it comes. What goes wrong then is told by the body, as it is: `unreachable` makes an error of it.
   *
   * @param silenceMs how long nothing may come, the head included.
   * @throws FoulweatherError `unreachable`.
   */
  async stream(
    path: string,
    call: Omit<TransportCall, 'body' | 'timeoutMs'>,
    silenceMs: number,
  ): Promise<StreamedAnswer> {
    const { signal } = call
    try {
      const { statusCode, headers, body } = await this.#request('GET', path, call, {
        ...(signal === undefined ? {} : { signal }),
        headersTimeout: silenceMs,
        bodyTimeout: silenceMs,
      })
      return {
        status: statusCode,
        type: String(headers['content-type'] ?? ''),
        body,
        text: () => body.text(),
        discard: () => void body.on('error', () => {}).destroy(),
      }
    } catch (cause) {
      signal?.throwIfAborted()
      throw this.unreachable(cause, silenceMs)
    }
  }

  /** The error that a call ends with. */
  unreachable(cause: unknown, timeoutMs: number): FoulweatherError {
    return new FoulweatherError('unreachable', `Cannot reach ${this.base}: ${whyUnreachable(cause, timeoutMs)}`, {
      cause,
    })
  }

  async #request(
    method: Method,
    path: string,
    { body, headers }: TransportCall,
    options: Pick<Dispatcher.RequestOptions, 'signal' | 'headersTimeout' | 'bodyTimeout'>,
  ): Promise<Dispatcher.ResponseData> {
    const { request } = await undici()
    return request(`${this.base}${path}`, {
      method,
      headers: { ...this.#headers, ...headers },
      body: body ?? null,
      // One call per connection: nothing is left open that would keep the process from ending, and no call meets a connection that is just being closed.
      reset: true,
      ...options,
    })
  }
}

/** What is sent as JSON, or the text of a document in YAML or JSON. */
export function bodyOf(body: object | string | undefined): Pick<TransportCall, 'body' | 'headers'> {
  if (body === undefined) return {}
  if (typeof body === 'string') return { body, headers: { 'content-type': 'application/yaml' } }
  return { body: JSON.stringify(body) }
}

/** Headers carry bytes: what is no ASCII is sent as UTF-8. @throws FoulweatherError `invalid_value`. */
export function reasonHeader(reason: string | undefined): Readonly<Record<string, string>> {
  if (reason === undefined) return {}
  const control = CONTROL_CHARACTER.exec(reason)
  if (control === null) return { 'x-foulweather-reason': Buffer.from(reason).toString('latin1') }
  const expected = 'one line of text'
  const text = `reason has the control character ${JSON.stringify(control[0])}, expected ${expected}`
  throw new FoulweatherError('invalid_value', text, { field: 'reason', value: reason, expected })
}

// oxlint-disable-next-line no-control-regex -- they are what is looked for
const CONTROL_CHARACTER = /[\u0000-\u001f\u007f]/

/** A token that was read from a file often ends with a line break. It is not shown. */
function checkToken(token: string | undefined): void {
  if (token === undefined || /^[\u0021-\u007e]*$/.test(token)) return
  const expected = 'visible ASCII characters alone, without a line break at the end'
  const text = `token has characters that cannot be sent, expected ${expected}`
  throw new FoulweatherError('invalid_value', text, { field: 'token', expected })
}

/** The longest time that a timer can be set for, milliseconds. */
const LONGEST_TIMEOUT = 2 ** 31 - 1

function checkedTimeout(timeoutMs: number): number {
  if (Number.isInteger(timeoutMs) && timeoutMs >= 1 && timeoutMs <= LONGEST_TIMEOUT) return timeoutMs
  const expected = `whole milliseconds from 1 to ${LONGEST_TIMEOUT}`
  const text = `timeoutMs is ${timeoutMs}, expected ${expected}`
  throw new FoulweatherError('invalid_value', text, { field: 'timeoutMs', value: timeoutMs, expected })
}

/** One path segment of a name. Those that are none, as an empty one, the caller refuses. */
export function segment(name: string): string {
  return encodeURIComponent(name)
}

/** What paths are put behind; with or without the scheme. `undefined`: it is no address of an admin API. */
export function baseUrl(text: string): string | undefined {
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`
  const url = URL.parse(withScheme)
  if (url === null || !/^https?:$/.test(url.protocol)) return undefined
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
}

const TIMEOUTS: ReadonlySet<string> = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT'])

function whyUnreachable(error: unknown, timeoutMs: number): string {
  if (!(error instanceof Error)) return String(error)
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (error.name === 'TimeoutError' || TIMEOUTS.has(code)) return `no answer within ${timeoutMs / 1000} s.`
  // What the parser stumbles over depends on what came.
  if (error.name === 'HTTPParserError' || code.startsWith('HPE_'))
    return 'the answer is not HTTP. Is this an admin API?'
  return WHY[code] ?? sentence(error.message || code || error.name)
}

function sentence(text: string): string {
  return /[.?!]$/.test(text) ? text : `${text}.`
}
