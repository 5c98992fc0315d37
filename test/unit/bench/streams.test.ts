import { expect, test } from 'vitest'
import { loadServer } from '../../../bench/cases/rounds.ts'
import { runNode } from '../../../bench/program.ts'
import { pipe } from '../../../bench/rivals/pipe.ts'
import type { Rival } from '../../../bench/rivals/rival.ts'
import { rivalThat, tamper } from './tampering-rival.ts'

interface Outcome {
  readonly sessions: number
  readonly bytes: number
  readonly errors: readonly string[]
}

const SESSIONS = 3

/** What the storm's streams say of a rival after a second at 1 MB/s each, with stalling readers. */
async function streamsThrough(rival: Rival): Promise<Outcome> {
  await using upstream = await loadServer('echo-server.ts')()
  await using running = await rival.start(upstream.port)
  return await runNode(25_000, 'load/streams.ts', running.port, SESSIONS, 1, 1e6, 0.1, 1)
}

test('streams through a sound proxy are whole', async () => {
  const { sessions, bytes, errors } = await streamsThrough(pipe)
  expect(errors).toEqual([])
  expect(sessions).toBe(SESSIONS)
  expect(bytes).toBeGreaterThan(SESSIONS * 100_000)
})

test('every stream through a proxy that loses a byte is in error, and told where', async () => {
  const { errors } = await streamsThrough(rivalThat(tamper(70_001, (b, at) => [b.subarray(0, at), b.subarray(at + 1)])))
  expect(errors).toHaveLength(SESSIONS)
  expect(errors[0]).toContain('session 1: lost or overtaken at byte 70001: 1 bytes are missing')
})

test('every stream through a proxy that sends bytes twice is in error', async () => {
  const { errors } = await streamsThrough(rivalThat(tamper(70_000, (b, at) => [b.subarray(0, at), b])))
  expect(errors).toHaveLength(SESSIONS)
})

test('streams that are cut off are in error', async () => {
  const cutting = rivalThat((from, to) => {
    from.once('data', () => {
      from.destroy()
      to.destroy()
    })
  })
  const { errors } = await streamsThrough(cutting)
  expect(errors).toHaveLength(SESSIONS)
})
