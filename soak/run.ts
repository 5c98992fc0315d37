import { mkdir, mkdtemp, rm, unlink } from 'node:fs/promises'
import { availableParallelism, release, tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { FoulweatherClient } from '../src/client/index.ts'
import { Api } from './api.ts'
import { Crowd } from './clients/index.ts'
import type { Options } from './options.ts'
import type { Report } from './report.ts'
import { SoakedServer } from './server.ts'
import { arrange, clearUp, PUT_PROFILES, type Setting } from './setting.ts'
import { Tally } from './tally.ts'
import { startUpstreams, type Upstreams } from './upstreams.ts'
import { ADMIN_BOUND_MS, AdminTimer, type AdminTimes } from './watch/admin-time.ts'
import { countersOf, wentBack, type Counters } from './watch/counters.ts'
import { checkEndings, checkFiles } from './watch/final.ts'
import { Ledger, type Ended } from './watch/ledger.ts'
import { MemoryWatch, mib, quiet, type MemoryReport, type Quiet } from './watch/memory.ts'
import { Pulse } from './watch/pulse.ts'
import { Doors } from './weather/doors.ts'
import { schedule } from './weather/schedule.ts'
import { Weather } from './weather/weather.ts'

/** What comes first fills what is bounded, and compiles what is used: a share of the time, and no more than that. */
const REHEARSAL_SHARE = 0.25
const LONGEST_REHEARSAL_MS = 120_000
const CALM_DOWN_MS = 1500
const LEAVE_WITHIN_MS = 120_000
const SESSIONS_END_WITHIN_MS = 90_000
const OPERATION_EVERY_MS = 120
const PROGRESS_EVERY_MS = 10_000
const COUNTERS_EVERY_MS = 5000
const SAMPLE_EVERY_MS = 1000

/** Runs it all, and says how it went. Whatever happens, nothing that was started is left. */
export async function soak(options: Options): Promise<Report> {
  const run = new Soak(options)
  try {
    await run.whole()
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
    run.tally.violate('answers', `the soak broke off: ${text}`)
    run.tally.close()
  }
  return run.finish()
}

/** What there is while the server runs. */
interface Stage {
  readonly server: SoakedServer
  readonly api: Api
  readonly upstreams: Upstreams
  readonly setting: Setting
  readonly doors: Doors
  readonly ledger: Ledger
  readonly timer: AdminTimer
}

class Soak {
  readonly tally = new Tally(({ check, text }) => this.#progress(`BROKEN ${check}: ${text}`))
  readonly #options: Options
  readonly #began = performance.now()
  readonly #own = monitorEventLoopDelay({ resolution: 5 })
  readonly #memory = new MemoryWatch()
  readonly #undo = new AsyncDisposableStack()
  #directory: string | undefined
  #server: SoakedServer | undefined
  #notes: readonly string[] = []
  #admin: AdminTimes | undefined
  #memoryReport: MemoryReport | undefined
  #counters: Counters = new Map()
  #complained = 0

  constructor(options: Options) {
    this.#options = options
  }

  async whole(): Promise<void> {
    const stage = await this.#setUp()
    const total = this.#options.minutes * 60_000
    const rehearsal = Math.min(total * REHEARSAL_SHARE, LONGEST_REHEARSAL_MS)
    this.#progress(`rehearsal of ${Math.round(rehearsal / 1000)} s`)
    await this.#load(stage, 'rehearsal', rehearsal)
    const before = await this.#quiet(stage)
    stage.timer.begin()
    this.#own.reset()
    this.#progress(`run of ${Math.round((total - rehearsal) / 1000)} s; at rest: ${describe(before)}`)
    await this.#load(stage, 'run', total - rehearsal)
    this.#admin = await stage.timer.finish()
    this.#own.disable()
    await this.#checkAtRest(stage, before)
    const code = await stage.server.stop()
    if (code !== 0) this.tally.violate('log', `told to stop, the server ended with ${code ?? 'SIGKILL: it did not'}`)
    this.#readLog(stage.server)
    checkFiles(stage.server, this.tally)
  }

  async finish(): Promise<Report> {
    if (this.#server !== undefined) this.#readLog(this.#server)
    await this.#undo.disposeAsync().catch((error: unknown) => this.tally.violate('stuck', String(error)))
    const { clean, violations, more, counts } = this.tally
    if (clean && this.#directory !== undefined) await rm(this.#directory, { recursive: true, force: true })
    return {
      date: new Date().toISOString(),
      options: this.#options,
      machine: { cores: availableParallelism(), node: process.versions.node, kernel: release() },
      seconds: (performance.now() - this.#began) / 1000,
      notes: this.#notes,
      counts: Object.fromEntries(counts),
      warnings: Object.fromEntries(this.#server?.log.warnings ?? []),
      admin: this.#admin,
      memory: this.#memoryReport,
      ownDelay: { p99: this.#own.percentile(99) / 1e6, max: this.#own.max / 1e6 },
      clean,
      violations,
      moreViolations: more,
      kept: clean ? undefined : this.#directory,
    }
  }

  async #setUp(): Promise<Stage> {
    const { seed, workers, server: main } = this.#options
    this.#progress(`seed ${seed}`)
    this.#own.enable()
    const directory = (this.#directory = await mkdtemp(join(tmpdir(), 'foulweather-soak-')))
    const profiles = join(directory, 'profiles')
    await mkdir(profiles)
    const upstreams = this.#undo.use(await startUpstreams())
    this.#notes = upstreams.notes
    const server = this.#undo.use(await SoakedServer.start({ main, workers, seed, directory }, profiles))
    this.#server = server
    const api = this.#undo.use(new Api(server.url))
    const setting = await arrange(api, upstreams)
    const doors = new Doors()
    const pulse = this.#undo.use(new Pulse(server.pid))
    const ledger = new Ledger(api, this.tally, doors, pulse)
    await this.#listen(server.url, ledger)
    const timer = this.#undo.use(await AdminTimer.start(server.url, server.pid, this.tally))
    return { server, api, upstreams, setting, doors, ledger, timer }
  }

  /** Every session's end is told to the ledger. */
  async #listen(url: string, ledger: Ledger): Promise<void> {
    const events = new FoulweatherClient({ url }).events({ type: ['session-ended', 'sessions-omitted'] })
    await events.opened()
    this.#undo.use(events)
    void (async () => {
      for await (const event of events) {
        if (event.type === 'session-ended') ledger.sessionEnded(event as unknown as Ended)
        else this.tally.count(`event ${event.type}`)
      }
    })().catch((error: unknown) => this.tally.violate('answers', `the events: ${String(error)}`))
  }

  /** Clients and weather for that long, and then everybody leaves. */
  async #load(stage: Stage, name: string, ms: number): Promise<void> {
    const { server, api, setting, doors, ledger, upstreams } = stage
    const { seed, clients: size, workers } = this.#options
    const { places, spares, guests } = setting
    const { tally } = this
    const crowd = new Crowd({ seed, size, places, postgres: upstreams.postgres, tally, ledger })
    const weather = new Weather({
      api,
      tally,
      doors,
      profiles: server.profiles,
      echo: upstreams.addresses.raw ?? '',
      guests,
      killWorker: () => server.killWorker(),
      schedule: schedule({
        seed: name === 'run' ? seed : seed + 1,
        proxies: places.map((place) => place.name),
        spares,
        putProfiles: PUT_PROFILES,
        workers: workers !== undefined && workers !== '1',
        mean: OPERATION_EVERY_MS,
      }),
    })
    const over = new AbortController()
    const blowing = weather.run(over.signal)
    await this.#watch(stage, ms)
    over.abort()
    await blowing
    await clearUp(api, spares, (profile) => unlink(join(server.profiles, `${profile}.yaml`)).catch(() => {}))
    for (const place of places) doors.reopened(place.name)
    await this.#dismiss(crowd, api)
    await ledger.settled()
  }

  /** Looks at everything, again and again. */
  async #watch(stage: Stage, ms: number): Promise<void> {
    const { server, api, timer } = stage
    const began = performance.now()
    const lookEvery = Math.max(10_000, ms / 60)
    const due = { progress: PROGRESS_EVERY_MS, counters: 0, look: lookEvery }
    for (;;) {
      const at = performance.now() - began
      if (at >= ms) return
      if (server.over) throw new Error(`the server is gone: ${server.howItEnded}\n${server.log.lastWords}`)
      this.#readLog(server)
      const seconds = (performance.now() - this.#began) / 1000
      this.#memory.sample(seconds, server)
      if (at >= due.counters) {
        due.counters = at + COUNTERS_EVERY_MS
        await this.#readCounters(api)
      }
      if (at >= due.look) {
        due.look = at + lookEvery
        await timer.without(() => this.#memory.look(seconds, server))
      }
      if (at >= due.progress) {
        due.progress += PROGRESS_EVERY_MS
        await this.#tellProgress(stage)
      }
      await sleep(Math.min(SAMPLE_EVERY_MS, Math.max(1, ms - (performance.now() - began))))
    }
  }

  async #dismiss(crowd: Crowd, api: Api): Promise<void> {
    const late = new AbortController()
    const left = await Promise.race([
      crowd.leave().then(() => true),
      sleep(LEAVE_WITHIN_MS, false, { signal: late.signal }),
    ])
    late.abort()
    if (left) return
    const { sessions } = await api.get<{ sessions: unknown[] }>('/v1/sessions?limit=5')
    const who = [...crowd.present].slice(0, 10).join(', ')
    throw new Error(
      `not finished ${LEAVE_WITHIN_MS} ms after everything was removed: ${who}; ${JSON.stringify(sessions)}`,
    )
  }

  async #quiet({ server, api, timer }: Stage): Promise<Quiet> {
    await this.#noSessions(api)
    return timer.without(() => quiet(server, () => sleep(CALM_DOWN_MS)))
  }

  async #noSessions(api: Api): Promise<void> {
    const deadline = performance.now() + SESSIONS_END_WITHIN_MS
    for (;;) {
      const { total, sessions } = await api.get<{ total: number; sessions: unknown[] }>('/v1/sessions?limit=3')
      if (total === 0) return
      if (performance.now() > deadline) {
        this.tally.violate('stuck', `${total} sessions live on with nobody connected: ${JSON.stringify(sessions)}`)
        return
      }
      await sleep(200)
    }
  }

  async #checkAtRest(stage: Stage, before: Quiet): Promise<void> {
    const { server, api } = stage
    await this.#noSessions(api)
    await checkEndings(api, this.tally)
    await this.#readCounters(api)
    const after = await quiet(server, () => sleep(CALM_DOWN_MS))
    this.#memoryReport = this.#memory.report(before, after, this.tally)
    const excess = this.#admin?.excess ?? NaN
    if (!(excess <= ADMIN_BOUND_MS)) {
      const text = `the 99th percentile is ${excess.toFixed(1)} ms above that of a server that does nothing`
      this.tally.violate('admin', `${text}, at most ${ADMIN_BOUND_MS} are allowed`)
    }
  }

  async #readCounters(api: Api): Promise<void> {
    const { status, text } = await api.call('GET', '/metrics')
    if (status !== 200) this.tally.violate('answers', `GET /metrics answered ${status}`)
    const counters = countersOf(text)
    for (const back of wentBack(this.#counters, counters)) this.tally.violate('counters', back)
    this.#counters = counters
    this.tally.count('readings of the metrics')
  }

  #readLog(server: SoakedServer): void {
    server.log.read()
    const { complaints } = server.log
    for (; this.#complained < complaints.length; this.#complained++) {
      const complaint = complaints[this.#complained]
      if (complaint !== undefined) this.tally.violate('log', `${complaint.stream}: ${complaint.text}`)
    }
  }

  async #tellProgress({ api, server }: Stage): Promise<void> {
    const { sessions, faults, held } = await api.get<{
      sessions: { active: number; total: number }
      faults: number
      held: { bytes: number }
    }>('/v1/status')
    const { tally } = this
    const sum = (start: string): number =>
      [...tally.counts].reduce((all, [name, count]) => (name.startsWith(start) ? all + count : all), 0)
    this.#progress(
      [
        `${sum('operation ')} operations`,
        `${sessions.active} of ${sessions.total} sessions live`,
        `${faults} faults`,
        `${mib(tally.of('checked bytes'))} checked`,
        `${sum('explained by ')} of ${sum('losses on ')} losses explained`,
        `resident ${mib(server.resident)}`,
        `held ${mib(held.bytes)}`,
        `${tally.violations.length + tally.more} broken`,
      ].join(', '),
    )
  }

  #progress(text: string): void {
    const seconds = ((performance.now() - this.#began) / 1000).toFixed(0)
    console.error(`[${seconds.padStart(5)} s] ${text}`)
  }
}

function describe({ inUse, resident }: Quiet): string {
  return `${mib(inUse)} in use, ${mib(resident)} resident`
}
