import type { EChartsOption } from 'echarts'
import type { Results } from '../results.ts'
import { machineOf, subjectOf } from '../report/heading.ts'
import { printable } from './draw.ts'
import { wrap, type Panel, type Sheet } from './layout.ts'
import { INK, PALE_INK } from './style.ts'

/** What a chart says above its panels. */
export interface Heading {
  readonly title: string
  readonly lines: readonly string[]
}

const TITLE_SIZE = 18
const LINE_SIZE = 12
const LINE_HEIGHT = 16
const MARGIN = 16

/** How to read the chart, then where its figures come from. */
export function headed(title: string, reading: string, results: Results): Heading {
  const rounds = `${results.options.quick ? 'Quick run, rounds' : 'Rounds'}: ${results.options.rounds}`
  const where = `${machineOf(results)}; ${subjectOf(results)}; ${results.date.slice(0, 10)}. ${rounds}.`
  return { title, lines: [reading, where].flatMap((text) => wrap(printable(text), LINE_SIZE).split('\n')) }
}

export const headingHeight = ({ lines }: Heading): number => MARGIN + TITLE_SIZE + 10 + lines.length * LINE_HEIGHT + 12

type Titles = Exclude<EChartsOption['title'], undefined>

/** The heading of a chart and the titles of its panels. */
export function titlesOf({ title, lines }: Heading, panels: readonly Panel[], { titles }: Sheet): Titles {
  const heading = {
    text: title,
    subtext: lines.join('\n'),
    left: MARGIN,
    top: MARGIN,
    padding: 0,
    itemGap: 8,
    textStyle: { fontSize: TITLE_SIZE, color: INK },
    subtextStyle: { fontSize: LINE_SIZE, lineHeight: LINE_HEIGHT, color: PALE_INK },
  }
  const ofPanels = panels.map((panel, i) => ({
    text: printable(panel.title),
    left: titles[i]?.left ?? 0,
    top: titles[i]?.top ?? 0,
    padding: 0,
    textStyle: { fontSize: 14, color: INK },
  }))
  return [heading, ...ofPanels]
}
