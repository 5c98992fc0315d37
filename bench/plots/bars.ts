import type { CustomSeriesOption, EChartsOption } from 'echarts'
import type { Summary } from '../statistics.ts'
import { draw } from './draw.ts'
import { headingHeight, titlesOf, type Heading } from './heading.ts'
import { LABEL_SIZE, layOut, type Panel, type Place } from './layout.ts'
import { nameAxes } from './name-axes.ts'
import { INK, PALE_INK, SHEET, short, textWidth } from './style.ts'

/** One bar: as long as its median, with a whisker from the smallest to the largest value of the rounds. */
export interface Bar {
  readonly name: string
  readonly value: Summary
  readonly colour: string
}

export interface BarPanel {
  readonly title: string
  readonly bars: readonly Bar[]
  /** Where a line is drawn across the bars. */
  readonly reference?: number
}

const BAR = 11
const TICK = 3
/** Between the end of a whisker and the figure. */
const SPACE = 6

const line = (x1: number, y1: number, x2: number, y2: number) => ({
  type: 'line' as const,
  shape: { x1, y1, x2, y2 },
  style: { stroke: INK, lineWidth: 1 },
})

/** Groups of horizontal bars, each group with its own scale from 0. */
export function drawBars(heading: Heading, panels: readonly BarPanel[]): string {
  const named: readonly Panel[] = panels.map(({ title, bars }) => ({ title, names: bars.map(({ name }) => name) }))
  const figures = panels.flatMap(({ bars }) => bars.map(({ value }) => textWidth(short(value.median), LABEL_SIZE)))
  const sheet = layOut(named, { top: headingHeight(heading), right: Math.max(...figures) + SPACE, axis: 0 })
  const option: EChartsOption = {
    title: titlesOf(heading, named, sheet),
    grid: sheet.grids.map((place) => ({ ...place, containLabel: false })),
    xAxis: panels.map(({ bars, reference = 0 }, gridIndex) => ({
      type: 'value',
      gridIndex,
      show: false,
      min: 0,
      // Of bars that are all 0 the scale is anything but 0.
      max: Math.max(reference, ...bars.map(({ value }) => value.max)) || 1,
    })),
    yAxis: nameAxes(named),
    series: panels.flatMap((panel, i) => [barsOf(panel, i), whiskersOf(panel, i, sheet.grids[i])]),
  }
  return draw(option, sheet.height)
}

const axes = (index: number): { readonly xAxisIndex: number; readonly yAxisIndex: number; readonly silent: true } => ({
  xAxisIndex: index,
  yAxisIndex: index,
  silent: true,
})

function barsOf({ bars, reference }: BarPanel, index: number) {
  return {
    type: 'bar' as const,
    ...axes(index),
    barWidth: BAR,
    data: bars.map(({ value, colour }) => ({ value: Math.max(0, value.median), itemStyle: { color: colour } })),
    ...(reference === undefined
      ? {}
      : {
          markLine: {
            silent: true,
            // Below the figures, which have a rim so that they can be read where it passes.
            z: 2,
            symbol: 'none',
            label: { show: false },
            lineStyle: { color: INK, width: 1, type: [3, 3] },
            data: [{ xAxis: reference }],
          },
        }),
  }
}

function whiskersOf({ bars }: BarPanel, index: number, grid: Place | undefined): CustomSeriesOption {
  return {
    type: 'custom',
    ...axes(index),
    z: 3,
    clip: false,
    data: bars.map(({ value }, row) => [Math.max(0, value.min), row, Math.max(0, value.max), value.median]),
    renderItem(_params, api) {
      const [from = 0, y = 0] = api.coord([api.value(0), api.value(1)])
      const [to = 0] = api.coord([api.value(2), api.value(1)])
      const text = {
        type: 'text' as const,
        x: Math.max(to, grid?.left ?? 0) + SPACE,
        y,
        style: {
          text: short(Number(api.value(3))),
          fontSize: LABEL_SIZE,
          fill: PALE_INK,
          stroke: SHEET,
          lineWidth: 4,
          verticalAlign: 'middle' as const,
        },
      }
      const whisker = [line(from, y, to, y), line(from, y - TICK, from, y + TICK), line(to, y - TICK, to, y + TICK)]
      return { type: 'group', children: to > from ? [...whisker, text] : [text] }
    },
  }
}
