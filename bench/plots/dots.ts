import type { CustomSeriesOption, EChartsOption } from 'echarts'
import { draw } from './draw.ts'
import { headingHeight, titlesOf, type Heading } from './heading.ts'
import { LABEL_SIZE, layOut, ROW, type Panel, type Place } from './layout.ts'
import { nameAxes } from './name-axes.ts'
import { INK, MARKS, PALE_INK, RULE, short, textWidth } from './style.ts'

/** One row: a value for each mark (`p50`, `p99`, …), or none. */
export interface DotRow {
  readonly name: string
  readonly values: readonly (number | undefined)[]
}

/** What is smaller is 0: a scale from there on would be all empty but for its end. */
const NOTHING = 1e-6

export interface DotPanel {
  readonly title: string
  readonly rows: readonly DotRow[]
}

const LEGEND = 26
const AXIS = 24
const SPACE = 10
const AXIS_SIZE = 11

/** Rows of dots on a line, all panels with the same scale: logarithmic where nothing is 0 or less. At most three marks. */
export function drawDots(heading: Heading, marks: readonly string[], given: readonly DotPanel[]): string {
  const panels = given.map(({ title, rows }) => ({ title, rows: rows.map(withoutTraces) }))
  const named: readonly Panel[] = panels.map(({ title, rows }) => ({ title, names: rows.map(({ name }) => name) }))
  const all = panels.flatMap(({ rows }) => rows.flatMap(({ values }) => values.filter((value) => value !== undefined)))
  const figures = panels.flatMap(({ rows }) => rows.map((row) => textWidth(figuresOf(row), LABEL_SIZE)))
  const headHeight = headingHeight(heading)
  const needs = { top: headHeight + LEGEND, right: Math.max(...figures) + SPACE, axis: AXIS }
  const sheet = layOut(named, needs)
  const log = Math.min(...all) > 0
  const option: EChartsOption = {
    title: titlesOf(heading, named, sheet),
    legend: {
      data: [...marks],
      left: 16,
      top: headHeight - 4,
      selectedMode: false,
      itemGap: 28,
      itemHeight: 10,
      itemWidth: 14,
      textStyle: { fontSize: LABEL_SIZE, color: INK },
    },
    grid: sheet.grids.map((place) => ({ ...place, containLabel: false })),
    xAxis: panels.map((_, gridIndex) => ({
      ...(log ? logScale(all) : linearScale(all)),
      gridIndex,
      axisLine: { show: false },
      axisTick: { show: false },
      minorTick: { show: false },
      splitLine: { lineStyle: { color: RULE } },
      splitNumber: 4,
      axisLabel: { fontSize: AXIS_SIZE, color: PALE_INK, hideOverlap: true },
    })),
    yAxis: nameAxes(named),
    series: [
      ...panels.map((panel, i) => rangesOf(panel, i, sheet.grids[i])),
      ...panels.flatMap((panel, i) => marks.map((name, mark) => dotsOf(panel, i, name, mark))),
    ],
  }
  return draw(option, sheet.height)
}

const withoutTraces = ({ name, values }: DotRow): DotRow => ({
  name,
  values: values.map((value) => (value !== undefined && Math.abs(value) < NOTHING ? 0 : value)),
})

function logScale(values: readonly number[]) {
  const min = 10 ** Math.floor(Math.log10(Math.min(...values)))
  const max = 10 ** Math.ceil(Math.log10(Math.max(...values)))
  return { type: 'log' as const, min, max: max > min ? max : min * 10 }
}

/** 0 is in it. */
function linearScale(values: readonly number[]) {
  const [min, max] = [Math.min(0, ...values), Math.max(0, ...values)]
  return { type: 'value' as const, min, max: max > min ? max : 1 }
}

const figuresOf = ({ values }: DotRow): string =>
  values.map((value) => (value === undefined ? '–' : short(value))).join(' / ')

function dotsOf({ rows }: DotPanel, index: number, name: string, mark: number) {
  const { colour, symbol } = MARKS[mark] ?? MARKS[0]
  return {
    type: 'scatter' as const,
    name,
    xAxisIndex: index,
    yAxisIndex: index,
    silent: true,
    z: 4,
    symbol,
    symbolSize: 9,
    color: colour,
    itemStyle: { color: colour, opacity: 1 },
    data: rows.flatMap(({ values }, row) => {
      const value = values[mark]
      return value === undefined ? [] : [[value, row]]
    }),
  }
}

/** The line from the smallest dot of a row to its largest, and the figures right of it. */
function rangesOf({ rows }: DotPanel, index: number, grid: Place | undefined): CustomSeriesOption {
  const right = grid === undefined ? 0 : grid.left + grid.width
  const known = rows.flatMap((row, place) => {
    const values = row.values.filter((value) => value !== undefined)
    return values.length === 0 ? [] : [{ row, data: [Math.min(...values), place, Math.max(...values)] }]
  })
  return {
    type: 'custom',
    xAxisIndex: index,
    yAxisIndex: index,
    silent: true,
    z: 3,
    clip: false,
    data: known.map(({ data }) => data),
    renderItem(params, api) {
      const [x1 = 0, y = 0] = api.coord([api.value(0), api.value(1)])
      const [x2 = 0] = api.coord([api.value(2), api.value(1)])
      const row = known[params.dataIndex]?.row
      return {
        type: 'group',
        children: [
          { type: 'line', shape: { x1, y1: y, x2, y2: y }, style: { stroke: PALE_INK, lineWidth: 2 } },
          {
            type: 'text',
            x: right + SPACE,
            y,
            style: {
              text: row === undefined ? '' : figuresOf(row),
              fontSize: LABEL_SIZE,
              fill: PALE_INK,
              verticalAlign: 'middle',
              lineHeight: ROW,
            },
          },
        ],
      }
    },
  }
}
