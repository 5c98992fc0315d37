import { setTimeout as sleep } from 'node:timers/promises'

/** Asks again until `probe` answers something else than `undefined`, `null` or `false`; an error says what did not come true. */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T | undefined | null | false> | T | undefined | null | false,
  within = 15_000,
): Promise<T> {
  const deadline = performance.now() + within
  for (;;) {
    const answer = await probe()
    if (answer !== undefined && answer !== null && answer !== false) return answer
    if (performance.now() > deadline) throw new Error(`not within ${within} ms: ${what}`)
    await sleep(10)
  }
}
