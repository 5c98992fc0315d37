import { HTTP_SUBJECT, SUBJECT } from '../rivals/rival.ts'

/** GitHub shows a picture at 800 px or less on a page that is white or nearly black: both get the same white sheet with dark text. */
export const WIDTH = 800
export const SHEET = '#ffffff'
export const FONT = 'sans-serif'

export const INK = '#1f2328'
export const PALE_INK = '#57606a'
export const RULE = '#d0d7de'

const SUBJECT_BLUE = '#0969da'
const RELATED_BLUE = '#80b3f0'
const YARDSTICK_GRAY = '#57606a'
const OTHER_GRAY = '#b4bcc4'

/** Foulweather stands out, then what it is held against; the rest is there to compare with. */
export function colourOf(rival: string, yardstick: string): string {
  if (rival === SUBJECT || rival === HTTP_SUBJECT) return SUBJECT_BLUE
  if (rival === yardstick) return YARDSTICK_GRAY
  return rival.startsWith(SUBJECT) ? RELATED_BLUE : OTHER_GRAY
}

/** Marks of a dot plot, told apart by shape as well as by colour. */
export const MARKS = [
  { colour: '#0969da', symbol: 'circle' },
  { colour: '#9a6700', symbol: 'diamond' },
  { colour: '#cf222e', symbol: 'triangle' },
] as const

/** About how wide text is in a sans-serif font: what a place for it has to have. */
export const textWidth = (text: string, size: number): number => text.length * size * 0.56

/** Three digits that say something; more where the number has them before its point. */
export function short(value: number): string {
  const size = Math.abs(value)
  if (size >= 100) return Math.round(value).toLocaleString('en-US')
  return value.toFixed(size >= 10 ? 1 : 2)
}
