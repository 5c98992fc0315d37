import { setTimeout as sleep } from 'node:timers/promises'

export interface RetryOptions {
  /** How often it asks, all in all. Default: 3. */
  readonly attempts?: number
  /** For one answer, milliseconds. Default: 2000. */
  readonly timeoutMs?: number
  /** Before the second attempt, milliseconds; it doubles with each. Default: 100. */
  readonly pauseMs?: number
}

/** The text at `url`. Asks again where no answer comes, or one that says that another attempt may help. */
export async function getWithRetry(url: string, options: RetryOptions = {}): Promise<string> {
  const { attempts = 3, timeoutMs = 2000, pauseMs = 100 } = options
  for (let attempt = 1; ; attempt++) {
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) })
      const text = await response.text()
      if (response.ok) return text
      if (response.status < 500 || attempt === attempts) throw new HttpError(response.status)
    } catch (error) {
      if (error instanceof HttpError || attempt === attempts) throw error
    }
    await sleep(pauseMs * 2 ** (attempt - 1))
  }
}

/** An answer that is none. */
export class HttpError extends Error {
  readonly status: number

  constructor(status: number) {
    super(`the server answered ${status}`)
    this.status = status
  }
}
