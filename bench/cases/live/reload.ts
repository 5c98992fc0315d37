import { rename, symlink, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '../../program.ts'
import { SUBJECT } from '../../rivals/rival.ts'
import { quantile } from '../../statistics.ts'
import type { Case } from '../case.ts'
import { loadServer } from '../rounds.ts'
import { effectOf, openSession, serve } from './serving.ts'

/** A way to save a file. */
type Save = (directory: string, text: string, turn: number) => Promise<unknown>

const WAYS: Readonly<Record<string, Save>> = {
  'written in place': (directory, text) => writeFile(join(directory, 'weather.yaml'), text),
  'written and renamed': async (directory, text) => {
    await writeFile(join(directory, '.weather.yaml.tmp'), text)
    await rename(join(directory, '.weather.yaml.tmp'), join(directory, 'weather.yaml'))
  },
  'ConfigMap swapped': async (directory, text, turn) => {
    const version = `..v${turn}`
    await mkdir(join(directory, version))
    await writeFile(join(directory, version, 'weather.yaml'), text)
    await symlink(version, join(directory, '..data_tmp'))
    await rename(join(directory, '..data_tmp'), join(directory, '..data'))
    if (turn === 0) await symlink('..data/weather.yaml', join(directory, 'weather.yaml'))
    else await rm(join(directory, `..v${turn - 1}`), { recursive: true })
  },
}

export const liveReload: Case = {
  name: 'live-reload',
  group: 'live',
  summary:
    'From the beginning of saving a profile to its effect on a connection that is open: the latency in it goes, and the byte that it holds arrives.',
  metrics: [
    { key: 'p99', label: 'p99, ms', digits: 0 },
    { key: 'median', label: 'p50, ms', digits: 0 },
    { key: 'max', label: 'max, ms', digits: 0 },
    { key: 'saves', label: 'saves', digits: 0 },
  ],
  takes: ({ name }) => name === SUBJECT,
  async run(context) {
    const saves = context.quick ? 20 : 100
    await using upstream = await loadServer('echo-server.ts')()
    for (let round = 1; round <= (context.quick ? 1 : context.rounds); round++) {
      for (const [variant, save] of Object.entries(WAYS)) {
        await using server = await serve()
        const port = await freePort()
        const profile = (latency: string): string =>
          [
            'active: true',
            `proxies: { p: { listen: '127.0.0.1:${port}', upstream: '127.0.0.1:${upstream.port}' } }`,
            `faults: [{ name: hold, on: p, type: latency, direction: downstream, latency: ${latency} }]`,
          ].join('\n')
        let turn = 0
        await save(server.profiles, profile('0'), turn++)
        const session = await retried(() => openSession(port))
        const times: number[] = []
        for (let i = 0; i < saves; i++) {
          await save(server.profiles, profile('1h'), turn++)
          await until(async () => (await server.admin.faults('p')).includes('3600000'))
          session.write('x')
          await new Promise((resolve) => setTimeout(resolve, 5))
          times.push(await effectOf(session, 'data', () => save(server.profiles, profile('0'), turn++)))
        }
        session.destroy()
        const metrics = { p99: quantile(times, 0.99), median: quantile(times, 0.5), max: quantile(times, 1), saves }
        context.record({ variant, rival: SUBJECT, round, metrics })
      }
    }
  },
}

async function until(look: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 10_000
  while (!(await look())) {
    if (performance.now() > end) throw new Error('a saved profile was not in force after 10 s')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

async function retried<T>(action: () => Promise<T>): Promise<T> {
  const end = performance.now() + 10_000
  for (;;) {
    try {
      return await action()
    } catch (error) {
      if (performance.now() > end) throw error
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
}
