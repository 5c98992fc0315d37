import { init, type EChartsOption } from 'echarts'
import { FONT, SHEET, WIDTH } from './style.ts'

/**
 * Draws a chart as the text of an SVG file: nothing in it moves, runs or is loaded from elsewhere, and the same option gives the same
 * text however many charts were drawn before.
 */
export function draw(option: EChartsOption, height: number): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height })
  try {
    chart.setOption({ animation: false, backgroundColor: SHEET, textStyle: { fontFamily: FONT }, ...option })
    return still(chart.renderToSVGString())
  } finally {
    // A chart that is left keeps a timer, and the process with it.
    chart.dispose()
  }
}

/** Takes out what is for a page with a pointer on it: styles under the pointer, the classes that they are for, marks for scripts. */
function still(svg: string): string {
  const body = svg.replaceAll(/<style\b[^>]*>[\s\S]*?<\/style>/g, '')
  // Inside tags alone: text may say what it likes.
  const plain = body.replaceAll(/<[^<>]+>/g, (tag) =>
    tag
      .replaceAll(/ (?:class|ecmeta_\w+|pointer-events)="[^"]*"/g, '')
      // Definitions are numbered by chart, and charts by process.
      .replaceAll(/(\bid="|url\(#)zr\d+-/g, '$1c'),
  )
  return `${plain.replaceAll(/\n\s*\n/g, '\n').trim()}\n`
}

/**
 * Text from elsewhere (names, versions) without what may not stand in XML. What measures text for the chart remembers it as a key of an
 * ordinary object: a name that such an object has already (`__proto__`) would change every object of the process, so it gets a space.
 */
export function printable(text: string): string {
  const clean = text.replaceAll(/[\p{Cc}\p{Cs}\u{FFFE}\u{FFFF}]/gu, ' ')
  return clean in Object.prototype ? `${clean} ` : clean
}
