import { readFileSync } from 'node:fs'
import type { Api } from '../api.ts'
import type { SoakedServer } from '../server.ts'
import type { Tally } from '../tally.ts'
import { countersOf, labelsOf, sumOf, type Counters } from './counters.ts'

interface Listed {
  readonly id: string
  readonly proxy: string
  readonly ending: { readonly origin: string; readonly reason: string } | null
}

const ORIGINS = ['injected', 'client', 'upstream', 'proxy']

/** When nobody is connected any more: sessions and their endings. */
export async function checkEndings(api: Api, tally: Tally): Promise<void> {
  const { sessions } = await api.get<{ sessions: Listed[] }>('/v1/sessions?state=ended&limit=9999')
  for (const session of sessions) {
    if (session.ending === null || !ORIGINS.includes(session.ending.origin)) {
      tally.violate(
        'origins',
        `session ${session.id} of ${session.proxy} has no origin: ${JSON.stringify(session.ending)}`,
      )
    }
  }
  tally.count('ended sessions looked at', sessions.length)
  const counters = countersOf((await api.call('GET', '/metrics')).text)
  for (const proxy of labelsOf(counters, 'foulweather_sessions_total', 'proxy')) checkSum(counters, proxy, tally)
}

function checkSum(counters: Counters, proxy: string, tally: Tally): void {
  const label = `proxy="${proxy}"`
  const began = sumOf(counters, 'foulweather_sessions_total', label)
  const ended = sumOf(counters, 'foulweather_session_endings_total', label)
  tally.count('sessions', began)
  for (const origin of ORIGINS) {
    const own = sumOf(counters, 'foulweather_session_endings_total', label, `origin="${origin}"`)
    tally.count(`sessions that ended by ${origin}`, own)
  }
  if (began !== ended) tally.violate('origins', `${proxy} has had ${began} sessions, and ${ended} endings are counted`)
}

/** When the server is gone. */
export function checkFiles({ audit, state }: SoakedServer, tally: Tally): void {
  let last: number | undefined
  for (const path of [`${audit}.1`, audit]) {
    for (const line of linesOf(path)) {
      const entry = parsed(line) as { revision?: number } | undefined
      if (entry?.revision === undefined) {
        tally.violate('files', `${path} has a line that is no entry: ${line.slice(0, 200)}`)
      } else {
        if (last !== undefined && entry.revision !== last + 1) {
          tally.violate('files', `${path}: revision ${entry.revision} comes behind ${last}`)
        }
        last = entry.revision
      }
      tally.count('audit entries read')
    }
  }
  for (const line of linesOf(state)) {
    // One entry in each line, with what makes a document of it at the ends.
    tally.count('lines of state read', line.length > 0 ? 1 : 0)
  }
  if (parsed(textOf(state) ?? '') === undefined) tally.violate('files', `${state} is no JSON`)
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function linesOf(path: string): string[] {
  return (textOf(path) ?? '').split('\n').filter((line) => line !== '')
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
