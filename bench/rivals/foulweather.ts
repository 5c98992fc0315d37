import { existsSync, readFileSync } from 'node:fs'
import { benchFile, textOf } from '../program.ts'
import { HTTP_SUBJECT, HTTP_SUBJECT_UNMATCHED, PROXY, SUBJECT, type Rival } from './rival.ts'
import { startWithAdmin, type MakeProxy } from './start.ts'
import { UNMATCHED_FAULTS } from './unmatched-faults.ts'

type About = Pick<Rival, 'name' | 'summary' | 'protocol' | 'workers' | 'slow'>

function variant(main: string, about: About, make?: MakeProxy): Rival {
  const file = benchFile(main)
  const flags = about.workers === undefined ? [] : ['--workers', String(about.workers)]
  return {
    ...about,
    faults: true,
    async locate() {
      if (!existsSync(file)) return { found: false, reason: `no ${file}` }
      if (about.workers !== undefined && !(await hasWorkers(file))) {
        return { found: false, reason: `${file} serve has no --workers` }
      }
      const { version } = JSON.parse(readFileSync(benchFile('../package.json'), 'utf8')) as { version: string }
      return { found: true, version }
    },
    start: (upstream) =>
      startWithAdmin(
        process.execPath,
        (port) => [file, 'serve', '--admin', `127.0.0.1:${port}`, ...flags],
        upstream,
        {},
        make,
      ),
  }
}

const hasWorkers = async (file: string): Promise<boolean> =>
  (await textOf(process.execPath, file, 'serve', '--help'))?.includes('--workers') === true

/** What is measured of Foulweather: a relay of bytes, and a proxy that understands HTTP, without faults and with such as never match. */
export interface Variants {
  readonly relay: Rival
  readonly http: Rival
  readonly unmatched: Rival
  /** The relay once more, with several worker threads. */
  readonly threaded: readonly Rival[]
}

const threaded = (main: string, workers: number, slow?: true): Rival =>
  variant(main, {
    name: `${SUBJECT}-${workers}w`,
    summary: `the same with ${workers} worker threads; workers only`,
    protocol: 'tcp',
    workers,
    ...(slow === undefined ? {} : { slow }),
  })

const variants = (main: string, from: string): Variants => ({
  relay: variant(main, { name: SUBJECT, summary: `Foulweather ${from}`, protocol: 'tcp' }),
  http: variant(
    main,
    { name: HTTP_SUBJECT, summary: `the same with protocol http, no fault; HTTP only`, protocol: 'http' },
    (admin, upstream) => admin.createHttpProxy(PROXY, upstream),
  ),
  unmatched: variant(
    main,
    {
      name: HTTP_SUBJECT_UNMATCHED,
      summary: `the same with ${UNMATCHED_FAULTS.length} faults whose match fails; HTTP only`,
      protocol: 'http',
    },
    async (admin, upstream) => {
      const port = await admin.createHttpProxy(PROXY, upstream)
      for (const fault of UNMATCHED_FAULTS) await admin.addFault(PROXY, fault)
      return port
    },
  ),
  threaded: [threaded(main, 2), threaded(main, 4, true)],
})

export const fromSource = variants('../src/main.ts', 'from source')

export const fromDist = variants('../dist/main.js', 'as built (npm run build)')
