import type { YAXisComponentOption } from 'echarts'
import { printable } from './draw.ts'
import { LABEL_SIZE, type Panel } from './layout.ts'
import { INK, RULE } from './style.ts'

/** The names of the rows, one axis for each panel, from top to bottom. */
export function nameAxes(panels: readonly Panel[]): YAXisComponentOption[] {
  return panels.map(({ names }, gridIndex) => ({
    type: 'category',
    gridIndex,
    inverse: true,
    data: names.map(printable),
    axisTick: { show: false },
    axisLine: { onZero: false, lineStyle: { color: RULE } },
    axisLabel: { interval: 0, fontSize: LABEL_SIZE, color: INK },
  }))
}
