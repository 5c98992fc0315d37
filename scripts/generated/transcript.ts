import type { StageRun } from './run-stage.ts'

interface Line {
  readonly at: number
  readonly text: string
}

const MOST_LINES = 24

/** What the two peers see, as text: what came in on the left, what went out on the right. */
export function stageTranscript(run: StageRun): string {
  const lines: Line[] = [
    ...run.sent.map(({ read, bytes }) => ({ at: read, text: `in   ${bytes} bytes` })),
    ...(run.ended === undefined ? [] : [{ at: run.ended, text: 'in   end' }]),
    ...run.records.map(({ at, text }) => ({ at, text: `     fault: ${text}` })),
    ...run.out.map(({ at, bytes }) => ({ at, text: `${COLUMN}out  ${bytes} bytes` })),
    ...(run.endOut === undefined ? [] : [{ at: run.endOut, text: `${COLUMN}out  end` }]),
    ...(run.abort === undefined ? [] : [{ at: run.abort.at, text: `${COLUMN}${ABORTS[run.abort.how]}` }]),
  ]
  return transcript(lines, [summary(run)])
}

const COLUMN = ' '.repeat(20)

const ABORTS: Readonly<Record<NonNullable<StageRun['abort']>['how'], string>> = {
  destroy: 'both sides are closed',
  reset: 'both sides are reset (RST)',
  'reset-client': 'the client is reset (RST), the server is closed',
  'reset-server': 'the server is reset (RST), the client is closed',
  'lose-client': 'the client is reset (RST), the server is told nothing',
  'lose-server': 'the server is reset (RST), the client is told nothing',
}

function summary({ sent, out, changed }: StageRun): string {
  const arrived = `${total(sent)} bytes in, ${total(out)} bytes out`
  return changed === undefined ? arrived : `${arrived}, ${changed} of them with another value`
}

function total(pieces: readonly { readonly bytes: number }[]): number {
  return pieces.reduce((sum, { bytes }) => sum + bytes, 0)
}

/** Lines in order of their times (those of the same time in the order given), the middle left out where they are many. */
export function transcript(lines: readonly Line[], after: readonly string[] = []): string {
  const inOrder = [...lines].sort((a, b) => a.at - b.at)
  const width = Math.max(...inOrder.map(({ at }) => time(at).length), 4)
  const shown = inOrder.map(({ at, text }) => `${time(at).padStart(width)} ms  ${text}`.trimEnd())
  const cut = [...shown.slice(0, MOST_LINES - 4), `… ${shown.length - MOST_LINES} more lines …`, ...shown.slice(-4)]
  return [...(shown.length > MOST_LINES ? cut : shown), ...after].join('\n')
}

/** Tenths of a millisecond: more would be noise of a run on real sockets. */
export function time(at: number): string {
  return at.toFixed(at % 1 < 0.05 || at % 1 >= 0.95 ? 0 : 1)
}
