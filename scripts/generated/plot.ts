import type { StageRun } from './run-stage.ts'

interface Point {
  readonly x: number
  readonly y: number
}

const WIDTH = 640
const HEIGHT = 200
const LEFT = 70
const RIGHT = 20
const TOP = 30
const BOTTOM = 30

const SENT = '#9aa0a6'
const OUT = '#1a73e8'

/** Two panels: bytes over time, in and out; and, where every byte arrives, by how much each piece was late. An SVG document. */
export function plot(title: string, run: StageRun, timing: boolean): string {
  const until = Math.max(...run.sent.map(({ at }) => at), ...run.out.map(({ at }) => at), run.abort?.at ?? 0, 1)
  const panels = [bytesPanel(run, until), ...(timing ? [delayPanel(run, until)] : [])]
  const height = panels.length * HEIGHT
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12">
<title>${title}</title>
<rect width="${WIDTH}" height="${height}" fill="#fff"/>
${panels.map((panel, index) => `<g transform="translate(0 ${index * HEIGHT})">\n${panel}\n</g>`).join('\n')}
</svg>
`
}

function bytesPanel(run: StageRun, until: number): string {
  const sent = cumulated(run.sent)
  const out = cumulated(run.out)
  const most = Math.max(1, sent.at(-1)?.y ?? 0, out.at(-1)?.y ?? 0)
  const scale = scaler(until, most)
  const cut = run.abort === undefined ? '' : `\n${mark(scale({ x: run.abort.at, y: 0 }).x)}`
  return [
    axes('bytes', until, most),
    steps(sent, until, SENT, scale),
    steps(out, until, OUT, scale),
    `<text x="${LEFT + 8}" y="${TOP - 10}" fill="${SENT}">sent</text><text x="${LEFT + 48}" y="${TOP - 10}" fill="${OUT}">delivered</text>${cut}`,
  ].join('\n')
}

function delayPanel(run: StageRun, until: number): string {
  const delays = delaysOf(run)
  const most = Math.max(1, ...delays.map(({ y }) => y))
  const scale = scaler(until, most)
  const dots = delays.map((point) => {
    const { x, y } = scale(point)
    return `<circle cx="${x}" cy="${y}" r="1.5"/>`
  })
  const caption = `<text x="${LEFT + 8}" y="${TOP - 10}" fill="${OUT}">delay of each piece, ms</text>`
  return [axes('ms', until, most), `<g fill="${OUT}">${dots.join('')}</g>`, caption].join('\n')
}

/** Of the last byte of each piece that came out: when it came out, and how long after it was sent. */
function delaysOf({ sent, out }: StageRun): readonly Point[] {
  let arrived = 0
  let index = 0
  let reached = sent[0]?.bytes ?? 0
  return out.map(({ at, bytes }) => {
    arrived += bytes
    while (reached < arrived && index < sent.length - 1) reached += sent[++index]?.bytes ?? 0
    return { x: at, y: at - (sent[index]?.at ?? 0) }
  })
}

function cumulated(pieces: readonly { readonly at: number; readonly bytes: number }[]): readonly Point[] {
  let sum = 0
  return pieces.map(({ at, bytes }) => ({ x: at, y: (sum += bytes) }))
}

type Scale = (point: Point) => Point

function scaler(until: number, most: number): Scale {
  return ({ x, y }) => ({
    x: round(LEFT + (x / until) * (WIDTH - LEFT - RIGHT)),
    y: round(HEIGHT - BOTTOM - (y / most) * (HEIGHT - TOP - BOTTOM)),
  })
}

/** A line that stays where it is until the next point, and then jumps. */
function steps(points: readonly Point[], until: number, colour: string, scale: Scale): string {
  const start = scale({ x: 0, y: 0 })
  const moves = points.map((point) => {
    const { x, y } = scale(point)
    return `H${x}V${y}`
  })
  return `<path d="M${start.x} ${start.y}${moves.join('')}H${scale({ x: until, y: 0 }).x}" fill="none" stroke="${colour}" stroke-width="1.5"/>`
}

function mark(x: number): string {
  return `<path d="M${x} ${TOP}V${HEIGHT - BOTTOM}" stroke="#d93025" stroke-dasharray="4 3"/>`
}

function axes(unit: string, until: number, most: number): string {
  const bottom = HEIGHT - BOTTOM
  return [
    `<path d="M${LEFT} ${TOP}V${bottom}H${WIDTH - RIGHT}" fill="none" stroke="#5f6368"/>`,
    `<text x="${LEFT - 6}" y="${TOP + 4}" text-anchor="end">${figure(most)}</text>`,
    `<text x="${LEFT - 6}" y="${bottom}" text-anchor="end">0 ${unit}</text>`,
    `<text x="${LEFT}" y="${bottom + 16}">0 s</text>`,
    `<text x="${WIDTH - RIGHT}" y="${bottom + 16}" text-anchor="end">${figure(until / 1000)} s</text>`,
  ].join('')
}

function figure(value: number): string {
  return String(Number(value.toPrecision(3)))
}

/** Tenths of a pixel. */
function round(value: number): number {
  return Math.round(value * 10) / 10
}
