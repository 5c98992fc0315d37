import { Agent, request } from 'undici'

export interface Answer {
  readonly status: number
  readonly text: string
}

/** However loaded the machine is: whoever answers later does not answer. */
const TIMEOUT_MS = 60_000

/** The admin API, call by call; any status is an answer. */
export class Api implements AsyncDisposable {
  readonly #base: string
  readonly #agent = new Agent({ connections: 2, headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS })

  constructor(base: string) {
    this.#base = base
  }

  async call(method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<Answer> {
    const answer = await request(this.#base + path, {
      method,
      dispatcher: this.#agent,
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    return { status: answer.statusCode, text: await answer.body.text() }
  }

  /** The document that `GET path` answers. @throws Error where it does not answer 200. */
  async get<T>(path: string): Promise<T> {
    const { status, text } = await this.call('GET', path)
    if (status !== 200) throw new Error(`GET ${path} answered ${status}: ${text}`)
    return JSON.parse(text) as T
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.close()
  }
}
