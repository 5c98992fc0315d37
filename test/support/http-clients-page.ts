import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { contentOf } from './http-clients-origin.ts'
import { chromiumProgram, run } from './http-clients-programs.ts'

/** How many assets of each kind the page has: 60 all in all. */
export const ASSETS = { css: 10, js: 16, img: 30, font: 4 } as const

/** What the page says once all of its assets have been loaded, or have failed. */
export interface PageReport {
  readonly loaded: Readonly<Record<string, number>>
  readonly failed: Readonly<Record<string, number>>
  /** Images whose width is not what it should be, and scripts that did not run. */
  readonly wrong: number
}

/** A BMP of one row: its width says which one it is. */
function image(index: number): Buffer {
  const width = index + 1
  const row = Math.ceil((width * 3) / 4) * 4
  const file = Buffer.alloc(54 + row, 0x7f)
  file.fill(0, 0, 54)
  file.write('BM')
  file.writeUInt32LE(file.length, 2)
  file.writeUInt32LE(54, 10)
  file.writeUInt32LE(40, 14)
  file.writeInt32LE(width, 18)
  file.writeInt32LE(1, 22)
  file.writeUInt16LE(1, 26)
  file.writeUInt16LE(24, 28)
  file.writeUInt32LE(row, 34)
  return file
}

/** Scripts and styles are of different sizes up to a megabyte, so that they come in many reads. */
function script(index: number): string {
  return `// ${'x'.repeat((index * 9973) % 200_000)}\nwindow.ran = (window.ran ?? 0) + 1\n`
}

function style(index: number): string {
  return `/* ${'y'.repeat((index * 104_729) % 1_000_000)} */\n.rule-${index} { color: #${100 + index} }\n`
}

interface Asset {
  readonly type: string
  readonly body: Buffer
  /** Sent in chunks instead of with a length. */
  readonly chunked: boolean
}

function assetFor(path: string): Asset | undefined {
  const [, kind, number] = /^\/(css|js|img|font)\/(\d+)$/.exec(path) ?? []
  const index = Number(number)
  const chunked = index % 2 === 1
  if (kind === 'css') return { type: 'text/css', body: Buffer.from(style(index)), chunked }
  if (kind === 'js') return { type: 'text/javascript', body: Buffer.from(script(index)), chunked }
  if (kind === 'img') return { type: 'image/bmp', body: image(index), chunked }
  return kind === 'font' ? { type: 'font/woff2', body: contentOf(50_000 + index), chunked } : undefined
}

/** The browser checks styles and scripts byte by byte. */
function integrity(text: string): string {
  return `integrity="sha256-${createHash('sha256').update(text).digest('base64')}"`
}

function numbers(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index)
}

/** Counts what is loaded as it comes; the listeners stand before the first asset does. */
const COUNTING = `
  const report = { loaded: {}, failed: {}, wrong: 0 }
  function note(outcome) {
    return ({ target }) => {
      const url = target.src || target.href
      const kind = new URL(url).pathname.split('/')[1]
      // The icon has no path of that kind.
      if (kind !== undefined) outcome[kind] = (outcome[kind] ?? 0) + 1
    }
  }
  document.addEventListener('load', note(report.loaded), true)
  document.addEventListener('error', note(report.failed), true)
  addEventListener('load', () => {
    const right = (image, index) => image.naturalWidth === index + 1 || image.naturalWidth === 0
    report.wrong = [...document.images].filter((image, index) => !right(image, index)).length
    report.wrong += (report.loaded.js ?? 0) - (window.ran ?? 0)
    document.getElementById('report').textContent = JSON.stringify(report)
  })
`

const PAGE = `<!doctype html>
<html><head><meta charset="utf-8"><title>Assets</title><link rel="icon" href="data:,">
<script>${COUNTING}</script>
${numbers(ASSETS.css)
  .map((n) => `<link rel="stylesheet" href="/css/${n}" ${integrity(style(n))}>`)
  .join('\n')}
${numbers(ASSETS.font)
  .map((n) => `<link rel="preload" as="font" type="font/woff2" crossorigin href="/font/${n}">`)
  .join('\n')}
</head><body><pre id="report">nothing yet</pre>
${numbers(ASSETS.img)
  .map((n) => `<img src="/img/${n}" alt="">`)
  .join('\n')}
${numbers(ASSETS.js)
  .map((n) => `<script src="/js/${n}" ${integrity(script(n))}></script>`)
  .join('\n')}
</body></html>
`

/** Serves the page at `/`, and its assets. */
export function servePage({ url = '' }: IncomingMessage, response: ServerResponse): void {
  if (url === '/') {
    response.writeHead(200, { 'content-type': 'text/html' }).end(PAGE)
    return
  }
  const asset = assetFor(url)
  if (asset === undefined) {
    response.writeHead(404).end()
    return
  }
  const { type, body, chunked } = asset
  const length = chunked ? {} : { 'content-length': body.length }
  response.writeHead(200, { 'content-type': type, 'cache-control': 'no-store', ...length })
  response.write(body.subarray(0, body.length / 2))
  response.end(body.subarray(body.length / 2))
}

/** Opens a page in a browser of its own, and answers what it says in the end. */
export async function openPage(url: string): Promise<PageReport> {
  const profile = await mkdtemp(join(tmpdir(), 'foulweather-chromium-'))
  const own = [`--user-data-dir=${profile}`, '--no-first-run', '--disable-background-networking', '--no-proxy-server']
  const headless = ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--dump-dom']
  try {
    const { stdout, stderr } = await run(chromiumProgram, [...headless, ...own, url], {
      env: { HOME: profile },
      within: 60_000,
    })
    const report = /<pre id="report">(\{.*\})<\/pre>/.exec(stdout.toString())?.[1]
    if (report === undefined) throw new Error(`no report in ${stdout.toString()}\n${stderr}`)
    return JSON.parse(report) as PageReport
  } finally {
    // It may still be at writing its profile.
    await rm(profile, { recursive: true, force: true, maxRetries: 10 })
  }
}
