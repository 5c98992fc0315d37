import { z } from 'zod'
import { baseUrl, bodyOf, type Method, reasonHeader, segment, Transport } from '../client/transport.ts'
import { CommandFailure } from './context.ts'
import { type Problem, problemShape } from './profile-shapes.ts'

export { segment }

export interface AdminClientOptions {
  /** `http://host:port`, with or without the scheme. */
  readonly url: string
  readonly token?: string | undefined
}

export interface CallOptions {
  /** Why, for the record of changes. */
  readonly reason?: string | undefined
}

/** The API has refused, and says everything that is wrong where that is more than one thing. */
export class ApiFailure extends CommandFailure {
  readonly problems: readonly Problem[]

  constructor(status: number, body: string) {
    super(`HTTP ${status}: ${errorText(body)}${status === 401 ? ADVICE : ''}`)
    this.problems = problemsBody.safeParse(parseJson(body)).data?.problems ?? []
  }
}

/** The API speaks of headers, which nobody writes here. */
const ADVICE = ' (with --token or FOULWEATHER_TOKEN)'

const problemsBody = z.looseObject({ problems: z.array(problemShape) })

/** The admin API as the commands see it: one call, one answer, or an error whose message is fit for stderr. */
export class AdminClient {
  readonly #transport: Transport

  constructor({ url, token }: AdminClientOptions) {
    const base = baseUrl(url)
    if (base === undefined) {
      throw new CommandFailure(`--host "${url}" is not an address of an admin API; expected http://HOST:PORT`, 2)
    }
    this.#transport = new Transport({ base, token })
  }

  /**
   * Answers the text of a 2xx answer.
   *
   * @param body what is sent as JSON, or the text of a document in YAML or JSON.
   * @throws FoulweatherError `unreachable`; ApiFailure `HTTP <status>: <error>` for any other status.
   */
  async call(method: Method, path: string, body?: object | string, { reason }: CallOptions = {}): Promise<string> {
    const { body: sent, headers } = bodyOf(body)
    const call = { body: sent, headers: { ...headers, ...reasonHeader(reason) } }
    const { status, text } = await this.#transport.exchange(method, path, call)
    if (status >= 200 && status < 300) return text
    throw new ApiFailure(status, text)
  }

  /** Like `call`, with the answer read as JSON of the given shape. */
  async json<T>(
    method: Method,
    path: string,
    schema: z.ZodType<T>,
    body?: object | string,
    options: CallOptions = {},
  ): Promise<{ text: string; data: T }> {
    const text = await this.call(method, path, body, options)
    const { data, error } = schema.safeParse(parseJson(text))
    if (error === undefined) return { text, data }
    const { path: where = [], message = '' } = error.issues[0] ?? {}
    const { base } = this.#transport
    throw new CommandFailure(`${base}${path} did not answer as an admin API does: ${where.join('.')} ${message}`)
  }

  /**
   * The body of a 2xx answer as it comes.
   *
   * @param silenceMs how long nothing may come.
   * @throws as `call`; also when the body breaks off.
   */
  async *stream(
    path: string,
    call: { readonly headers: Readonly<Record<string, string>>; readonly signal: AbortSignal },
    silenceMs: number,
  ): AsyncGenerator<Uint8Array, void> {
    const answer = await this.#transport.stream(path, call, silenceMs)
    if (answer.status < 200 || answer.status >= 300) throw new ApiFailure(answer.status, await answer.text())
    try {
      yield* answer.body
    } catch (cause) {
      throw this.#transport.unreachable(cause, silenceMs)
    }
  }
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
