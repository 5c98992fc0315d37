import type { z } from 'zod'
import { AdminApi } from '../client/admin-api.ts'
import { FoulweatherApiError, oneLine } from '../client/api-error.ts'
import { Caller, type CallOptions } from '../client/caller.ts'
import { baseUrl, type Method, segment, type StreamedAnswer } from '../client/transport.ts'
import type { Answers } from '../client/views.ts'
import { isAnswer, issueText, misfit } from './answer-shapes.ts'
import { CommandFailure } from './context.ts'

export { segment }

export interface AdminClientOptions {
  /** `http://host:port`, with or without the scheme. */
  readonly url: string
  readonly token?: string | undefined
}

/** Calls as the commands want them: what is refused, or no answer of ours, is a failure fit for stderr; the latest answer stays as it came. */
class CommandCaller extends Caller {
  latest = ''

  override async text(...call: Parameters<Caller['text']>): Promise<string> {
    this.latest = await super.text(...call).catch(refused)
    return this.latest
  }

  override stream(...call: Parameters<Caller['stream']>): Promise<StreamedAnswer> {
    return super.stream(...call).catch(refused)
  }

  protected override read<Kind extends keyof Answers>(kind: Kind, path: string, text: string): Answers[Kind] {
    const answer = parseJson(text)
    if (isAnswer(kind, answer)) return answer
    throw this.foreign(path, misfit(kind, answer))
  }

  /** Somebody else listens there. */
  foreign(path: string, mistake = ''): CommandFailure {
    return new CommandFailure(`${this.base}${path} did not answer as an admin API does: ${mistake}`)
  }
}

/**
 * The admin API as the commands see it. Whatever they call throws a FoulweatherError `unreachable`, or a CommandFailure `HTTP <status>: <error>`
 * whose cause is the FoulweatherApiError.
 */
export class AdminClient extends AdminApi {
  readonly #caller: CommandCaller

  constructor({ url, token }: AdminClientOptions) {
    if (baseUrl(url) === undefined) {
      throw new CommandFailure(`--host "${url}" is not an address of an admin API; expected http://HOST:PORT`, 2)
    }
    const caller = new CommandCaller({ url, token })
    super(caller)
    this.#caller = caller
  }

  /** The text of the latest answer. */
  get answer(): string {
    return this.#caller.latest
  }

  /** One of Toxiproxy's routes; answers the text of a 2xx answer. */
  call(method: Method, path: string, body?: object, options?: CallOptions): Promise<string> {
    return this.#caller.text(method, path, options, body)
  }

  /** Like `call`, with the answer read as JSON of the given shape. */
  async json<T>(
    method: Method,
    path: string,
    schema: z.ZodType<T>,
    body?: object,
    options?: CallOptions,
  ): Promise<{ text: string; data: T }> {
    const text = await this.call(method, path, body, options)
    const { data, error } = schema.safeParse(parseJson(text))
    if (error === undefined) return { text, data }
    throw this.#caller.foreign(path, issueText(error.issues))
  }

  /**
   * The body of a 2xx answer as it comes.
   *
   * @param silenceMs how long nothing may come.
   * @throws also when the body breaks off.
   */
  async *stream(
    path: string,
    { headers, signal }: { readonly headers: Readonly<Record<string, string>>; readonly signal: AbortSignal },
    silenceMs: number,
  ): AsyncGenerator<Uint8Array, void> {
    const { body } = await this.#caller.stream(path, headers, signal, silenceMs)
    try {
      yield* body
    } catch (cause) {
      throw this.#caller.unreachable(cause, silenceMs)
    }
  }
}

/** The API speaks of headers, which nobody writes here. */
const ADVICE = ' (with --token or FOULWEATHER_TOKEN)'

function refused(error: unknown): never {
  if (!(error instanceof FoulweatherApiError)) throw error
  const { status, detail } = error
  throw new CommandFailure(`HTTP ${status}: ${oneLine(detail)}${status === 401 ? ADVICE : ''}`, undefined, error)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
