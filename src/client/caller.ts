import { FoulweatherError } from '../core/errors.ts'
import { FoulweatherApiError } from './api-error.ts'
import { baseUrl, bodyOf, type Method, reasonHeader, type StreamedAnswer, Transport } from './transport.ts'
import type { Answers } from './views.ts'

/** What may be said with every call. */
export interface CallOptions {
  /** Why, for the record (`GET /v1/audit`). Default: that of the client. */
  readonly reason?: string | undefined
  /** Ends the call; it rejects with the reason of the signal then. The server may have done what it was asked for all the same. */
  readonly signal?: AbortSignal | undefined
  /** For the whole call, milliseconds. Default: that of the client. */
  readonly timeoutMs?: number | undefined
}

export interface ChangeOptions extends CallOptions {
  /** The `revision` that is to be changed; where it is another one by now, the call fails with `precondition_failed`. 0 = there is none yet. Default: any. */
  readonly ifMatch?: number | undefined
}

/** Where the admin API is, and what calls to it say of themselves. */
export interface ClientOptions {
  /** Default: `http://127.0.0.1:8474`. */
  readonly url?: string | undefined
  readonly token?: string | undefined
  /** Why changes are made, for the record; calls may say otherwise. */
  readonly reason?: string | undefined
  /** For one call, milliseconds. Default: 30 000. */
  readonly timeoutMs?: number | undefined
}

const DEFAULT_URL = 'http://127.0.0.1:8474'

/** Parameters of a query; what is `undefined` is left out. */
export type Query = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>

/** Calls to the admin API, answers read as JSON, refusals as errors. */
export class Caller {
  readonly #transport: Transport
  readonly #reason: string | undefined
  readonly #advice: string

  /** @param advice what to do where nobody answers, for whoever reads the error. */
  constructor({ url = DEFAULT_URL, token, reason, timeoutMs }: ClientOptions, advice = '') {
    const base = baseOf(url)
    this.#transport = new Transport({ base, token, timeoutMs })
    this.#reason = reason
    this.#advice = advice
  }

  get base(): string {
    return this.#transport.base
  }

  get timeoutMs(): number {
    return this.#transport.timeoutMs
  }

  /**
   * @param kind what is answered.
   * @param body what is sent as JSON, or the text of a document.
   * @throws FoulweatherApiError the server refuses; FoulweatherError `unreachable`.
   */
  async json<Kind extends keyof Answers>(
    kind: Kind,
    method: Method,
    path: string,
    options?: ChangeOptions,
    body?: object | string,
  ): Promise<Answers[Kind]> {
    return this.read(kind, path, await this.text(method, path, options, body))
  }

  /** The text of an answer as what it should be. Its kind is believed here; who does not, looks closer. */
  protected read<Kind extends keyof Answers>(_kind: Kind, path: string, text: string): Answers[Kind] {
    try {
      const answer: Answers[Kind] = JSON.parse(text)
      return answer
    } catch (cause) {
      const what = `${this.base}${path} did not answer as an admin API does: no JSON came.`
      return this.#fail(new FoulweatherError('unreachable', what, { cause }))
    }
  }

  /** The same with the answer as it is. @throws also FoulweatherError `invalid_value`: nothing can have such a name. */
  async text(method: Method, path: string, options: ChangeOptions = {}, body?: object | string): Promise<string> {
    refuseUnnamed(path)
    const { reason = this.#reason, ifMatch, signal, timeoutMs } = options
    const { body: sent, headers } = bodyOf(body)
    const call = {
      body: sent,
      headers: {
        ...headers,
        ...reasonHeader(reason),
        ...(ifMatch === undefined ? {} : { 'if-match': `"${ifMatch}"` }),
      },
      signal,
      timeoutMs,
    }
    const { status, text } = await this.#transport
      .exchange(method, path, call)
      .catch((error: unknown) => this.#fail(error))
    if (status >= 200 && status < 300) return text
    throw new FoulweatherApiError({ method, path }, status, text)
  }

  /** An answer that is read as it comes. @param silenceMs how long nothing may come. */
  async stream(
    path: string,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
    silenceMs: number,
  ): Promise<StreamedAnswer> {
    const answer = await this.#transport
      .stream(path, { headers, signal }, silenceMs)
      .catch((error: unknown) => this.#fail(error))
    if (answer.status >= 200 && answer.status < 300) return answer
    throw new FoulweatherApiError({ method: 'GET', path }, answer.status, await answer.text())
  }

  /** The error that a body which breaks off ends with. */
  unreachable(cause: unknown, silenceMs: number): FoulweatherError {
    return this.#transport.unreachable(cause, silenceMs)
  }

  #fail(error: unknown): never {
    const missing = error instanceof FoulweatherError && error.code === 'unreachable' && this.#advice !== ''
    if (!missing || error.message.includes('foulweather serve')) throw error
    const expected = this.#advice
    throw new FoulweatherError(error.code, `${error.message} ${expected}`, { expected, cause: error.cause })
  }
}

function baseOf(url: string): string {
  const base = baseUrl(url)
  if (base !== undefined) return base
  const expected = 'http://HOST:PORT'
  const text = `url is ${JSON.stringify(url)}, expected the address of an admin API, ${expected}`
  throw new FoulweatherError('invalid_value', text, { field: 'url', value: url, expected })
}

/** Of an empty name nothing is left in a path, and dots lead elsewhere in it: something else would be asked for than was meant. */
function refuseUnnamed(path: string): void {
  const [places = ''] = path.split('?', 1)
  const value = places
    .split('/')
    .slice(1)
    .find((name) => name === '' || name === '.' || name === '..')
  if (value === undefined) return
  const expected = 'at least one character, and not "." or ".."'
  const text = `name is ${JSON.stringify(value)}, which a URL cannot name; expected ${expected}`
  throw new FoulweatherError('invalid_value', text, { field: 'name', value, expected })
}

/** Behind a path; empty where nothing is asked. */
export function queryText(query: Query): string {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    for (const each of Array.isArray(value) ? value : [value])
      if (each !== undefined) parameters.append(name, String(each))
  }
  return parameters.size === 0 ? '' : `?${parameters.toString()}`
}
