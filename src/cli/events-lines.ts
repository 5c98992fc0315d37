import type { CliContext } from './context.ts'
import { type Colour, paint, printable } from './format.ts'
import { subjectText, type Told, whatText } from './events-text.ts'

/** What terminals give the names of events, and what they are about. */
const TYPE_WIDTH = 18
const SUBJECT_WIDTH = 20

/** One event on one line: when, what, about what, how, who, why. Tab-separated where stdout is no terminal. */
export function eventLine(context: CliContext, event: Told & { readonly type: string; readonly time: string }): string {
  const { type, time, actor, reason } = event
  const subject = subjectText(event)
  const what = whatText(type, event)
  const who = typeof actor === 'string' ? actor : ''
  // What ended a session is no reason that anybody gave, and stands in the text already.
  const why = typeof reason === 'string' && type !== 'session-ended' ? reason : ''
  if (!context.terminal) {
    return `${[time, type, subject, what, who, why].map((text) => printable(text) || '-').join('\t')}\n`
  }
  const rest = [what, who === '' ? '' : `by ${who}`, why === '' ? '' : `(${why})`].filter((text) => text !== '')
  const parts = [
    paint(context, 'dim', timeOfDay(time)),
    paint(context, colourOf(type), type.padEnd(TYPE_WIDTH)),
    printable(subject).padEnd(SUBJECT_WIDTH),
    printable(rest.join(' ')),
  ]
  return `${parts.join('  ').trimEnd()}\n`
}

const COLOURS: Readonly<Record<string, Colour>> = {
  halted: 'red',
  missed: 'red',
  'profile-reload-failed': 'red',
  'limit-crossed': 'red',
  'worker-died': 'red',
  'dial-failed': 'red',
  'handshake-failed': 'red',
  'fault-added': 'yellow',
  'fault-updated': 'yellow',
  'profile-activated': 'yellow',
  'door-shut': 'yellow',
  resumed: 'green',
  'fault-removed': 'green',
  'fault-expired': 'green',
  'profile-deactivated': 'green',
  'profile-expired': 'green',
  'door-opened': 'green',
  'worker-replaced': 'green',
  'session-opened': 'dim',
  'session-ended': 'dim',
  'sessions-omitted': 'dim',
  'fault-applied': 'dim',
}

function colourOf(type: string): Colour | undefined {
  return COLOURS[type]
}

/** `12:03:04.123` by the clock on the wall here. */
function timeOfDay(time: string): string {
  const at = new Date(time)
  if (Number.isNaN(at.getTime())) return printable(time)
  return `${at.toTimeString().slice(0, 8)}.${String(at.getMilliseconds()).padStart(3, '0')}`
}
