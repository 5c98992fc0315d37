import { textWidth, WIDTH } from './style.ts'

/** Panels of rows in one or two columns, below a heading. All lengths in pixels. */

const MARGIN = 16
const GAP = 24
const TITLE_HEIGHT = 24
const BELOW = 14
export const ROW = 19
export const LABEL_SIZE = 12
/** More panels than this stand in two columns. */
const MOST_IN_ONE = 3

export interface Place {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

export interface Sheet {
  /** Where the rows of each panel are drawn: right of their names, below the title. */
  readonly grids: readonly Place[]
  /** Where the title of each panel begins. */
  readonly titles: readonly Pick<Place, 'left' | 'top'>[]
  readonly height: number
}

export interface Panel {
  readonly title: string
  /** The name of each row. */
  readonly names: readonly string[]
}

export interface Needs {
  /** Height of the heading. */
  readonly top: number
  /** Right of each row, for its figures. */
  readonly right: number
  /** Below each panel, for an axis. */
  readonly axis: number
}

/** Gives each panel its place: the next one goes to the column that is shorter so far. */
export function layOut(panels: readonly Panel[], { top, right, axis }: Needs): Sheet {
  const count = panels.length > MOST_IN_ONE ? 2 : 1
  const width = (WIDTH - 2 * MARGIN - (count - 1) * GAP) / count
  const namesWidth = Math.min(width / 2, Math.max(...panels.flatMap(({ names }) => names.map(nameWidth))))
  const ends = Array.from({ length: count }, () => top)
  const grids: Place[] = []
  const titles: Sheet['titles'][number][] = []
  for (const { names } of panels) {
    const column = ends.indexOf(Math.min(...ends))
    const left = MARGIN + column * (width + GAP)
    const begin = ends[column] ?? top
    const height = names.length * ROW
    titles.push({ left, top: begin })
    grids.push({ left: left + namesWidth, top: begin + TITLE_HEIGHT, width: width - namesWidth - right, height })
    ends[column] = begin + TITLE_HEIGHT + height + axis + BELOW
  }
  return { grids, titles, height: Math.ceil(Math.max(...ends)) }
}

const nameWidth = (name: string): number => textWidth(name, LABEL_SIZE) + 12

/** Words put into lines no longer than the sheet is wide at that size of text. */
export function wrap(text: string, size: number): string {
  const most = Math.floor((WIDTH - 2 * MARGIN) / textWidth('x', size))
  const lines = ['']
  for (const word of text.split(' ')) {
    const last = lines.at(-1) ?? ''
    if (last !== '' && last.length + 1 + word.length > most) lines.push(word)
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`
  }
  return lines.join('\n')
}
