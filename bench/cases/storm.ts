import { setTimeout as sleep } from 'node:timers/promises'
import { randomFor, type Random } from '../../src/core/random.ts'
import type { AdminClient, Toxic } from '../admin.ts'
import { Program } from '../program.ts'
import { PROXY, SUBJECT, type Rival } from '../rivals/rival.ts'
import type { Case, CaseContext } from './case.ts'
import { loadServer } from './rounds.ts'
import { randomAttributes, randomToxic } from './random-toxic.ts'

const SESSIONS = 50
const BYTES_PER_SECOND = 400_000
const STALLS = 0.02
/** Up to so many toxics are in force at once. */
const TOXICS = 8
const SEED = 20_260_101

interface Outcome {
  readonly sessions: number
  readonly bytes: number
  readonly errors: readonly string[]
}

export const storm: Case = {
  name: 'storm',
  summary:
    `Integrity: ${SESSIONS} sessions of checked streams both ways, while toxics are added, updated and removed at random; ` +
    'and with readers that stall at random and no fault active. Errors = sessions with a byte lost, duplicated, out of order or invented.',
  metrics: [
    { key: 'errors', label: 'sessions in error', digits: 0 },
    { key: 'sessions', label: 'sessions', digits: 0 },
    { key: 'changes', label: 'toxic changes', digits: 0 },
    { key: 'megabytes', label: 'MB checked', digits: 0 },
  ],
  takes: ({ name }) => name === SUBJECT,
  async run(context) {
    const seconds = context.quick ? 15 : 60
    const changes = context.quick ? 450 : 2000
    for (const rival of context.rivals) {
      await orFail(context, () => weather(context, rival, 'toxics change', seconds, changes))
      await orFail(context, () => weather(context, rival, 'readers stall', context.quick ? 6 : 20, 0))
    }
  },
}

/** A storm that cannot be brought to its end has not shown that the streams are whole. */
async function orFail(context: CaseContext, action: () => Promise<void>): Promise<void> {
  try {
    await action()
  } catch (error) {
    context.fail(error instanceof Error ? error.message : String(error))
  }
}

async function weather(
  context: CaseContext,
  rival: Rival,
  variant: string,
  seconds: number,
  changes: number,
): Promise<void> {
  await using upstream = await loadServer('echo-server.ts')()
  await using running = await rival.start(upstream.port)
  const { port, admin } = running
  if (admin === undefined) throw new Error(`${rival.name} has no admin API`)
  // Without faults nothing but the readers holds the bytes up: more of them make it harder.
  const rate = changes > 0 ? BYTES_PER_SECOND : 4 * BYTES_PER_SECOND
  await using streams = Program.node('load/streams.ts', port, SESSIONS, seconds, rate, STALLS, SEED)
  if (changes > 0) await changeToxics(admin, seconds * 0.95, changes)
  const { sessions, bytes, errors } = JSON.parse(await streams.output((seconds + 60) * 1000)) as Outcome
  const metrics = { errors: errors.length, sessions, changes, megabytes: bytes / 1e6 }
  context.record({ variant, rival: rival.name, round: 1, metrics })
  for (const error of errors) context.fail(`${variant}: ${error}`)
  if (bytes === 0) context.fail(`${variant}: no byte came through`)
}

/** Makes `changes` changes spread over `seconds`, then removes every toxic. */
async function changeToxics(admin: AdminClient, seconds: number, changes: number): Promise<void> {
  const random = randomFor(SEED, 'storm')
  const begin = performance.now()
  let active: readonly Toxic[] = []
  for (let made = 0; made < changes; made++) {
    await sleep(Math.max(0, begin + (made / changes) * seconds * 1000 - performance.now()))
    active = await change(admin, active, random, made)
  }
  await admin.reset()
}

/** Adds, updates or removes one toxic; answers those in force afterwards. */
async function change(
  admin: AdminClient,
  active: readonly Toxic[],
  random: Random,
  ordinal: number,
): Promise<readonly Toxic[]> {
  const victim = active[Math.floor(random.next() * active.length)]
  const dice = random.next()
  if (victim === undefined || (dice < 0.4 && active.length < TOXICS)) {
    const toxic = randomToxic(random, `toxic-${ordinal}`)
    await admin.addToxic(PROXY, toxic)
    return [...active, toxic]
  }
  if (dice < 0.7) {
    await admin.updateToxic(PROXY, victim.name, {
      attributes: randomAttributes(random, victim.type),
      toxicity: random.next(),
    })
    return active
  }
  await admin.removeToxic(PROXY, victim.name)
  return active.filter((toxic) => toxic !== victim)
}
