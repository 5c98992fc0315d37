import { describe, expect, test } from 'vitest'
import { escapeHtml, prose, table } from '../../../src/admin/docs-page/html.ts'
import { docsPage } from '../../../src/admin/docs-page/page.ts'
import { METHODS, type OpenApiDocument } from '../../../src/admin/openapi/types.ts'
import { ERRORS } from '../../../src/core/errors.ts'
import { AdminRig } from '../../support/admin-rig.ts'

async function read() {
  await using rig = new AdminRig()
  const page = await rig.ask('GET', '/docs')
  const document = JSON.parse((await rig.ask('GET', '/openapi.json')).body) as OpenApiDocument
  return { page, document, errors: await rig.ask('GET', '/docs/errors') }
}
const { page, document, errors } = await read()

test('the page runs nothing, loads nothing, and stands in no frame', () => {
  for (const { status, body, headers } of [page, errors]) {
    expect(status).toBe(200)
    expect(headers['content-type']).toBe('text/html; charset=utf-8')
    expect(headers['content-security-policy']).toBe(
      "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    )
    expect(body).not.toMatch(/<script|<img|<link|<iframe|<form|\son\w+=|@import|url\(|src=/i)
    const links = [...body.matchAll(/href="([^"]*)"/g)].map(([, link = '']) => link)
    expect(links.filter((link) => !/^(#|\/docs|\/openapi\.json$)/.test(link))).toEqual([])
  }
})

test('every link leads somewhere', () => {
  const ids = new Set([...page.body.matchAll(/ id="([^"]+)"/g)].map(([, id = '']) => id))
  const inside = [...page.body.matchAll(/href="#([^"]+)"/g)].map(([, id = '']) => id)
  expect(inside.length).toBeGreaterThan(100)
  expect(inside.filter((id) => !ids.has(id))).toEqual([])
  const codes = [...page.body.matchAll(/href="\/docs\/errors#([^"]+)"/g)].map(([, code = '']) => code)
  expect(new Set(codes).size).toBeGreaterThan(15)
  expect(codes.filter((code) => !Object.hasOwn(ERRORS, code))).toEqual([])
})

test('every tag is open and closed', () => {
  const open: string[] = []
  const wrong: string[] = []
  for (const [, slash, name = ''] of page.body.matchAll(/<(\/?)([a-z][a-z0-9]*)\b[^>]*>/g)) {
    if (['meta', 'br'].includes(name)) continue
    if (slash === '') open.push(name)
    else if (open.pop() !== name) wrong.push(name)
  }
  expect({ open, wrong }).toEqual({ open: [], wrong: [] })
})

const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  METHODS.flatMap((method) => (item[method] === undefined ? [] : [[method, path, item[method]] as const])),
)

test.each(operations)('%s %s is told of', (method, path, operation) => {
  const [, section = ''] = page.body.split(`<section id="${operation.operationId}">`)
  const own = section.split('</section>')[0] ?? ''
  expect(own).toContain(`<span class="method">${method.toUpperCase()}</span> ${escapeHtml(path)}`)
  expect(own).toContain(prose(operation.summary))
  for (const { name } of operation.parameters ?? []) expect(own).toContain(`<code>${name}</code>`)
  for (const status of Object.keys(operation.responses)) expect(own).toContain(`<td>${status}</td>`)
  const target = path.replaceAll('{', '&lt;').replaceAll('}', '&gt;')
  expect(own).toContain(`localhost:8474${target}`)
})

test('a call with a body shows one that can be sent', () => {
  expect(page.body).toContain(
    escapeHtml(`curl -s -X POST 'localhost:8474/v1/proxies/<proxy>/faults' -d '{"type":"latency","latency":"250ms"`),
  )
})

describe('what comes from elsewhere is text', () => {
  const evil = '<script>alert("`x`")</script>'
  const schema = {
    type: 'object',
    description: evil,
    properties: { [evil]: { description: evil, enum: [evil] } },
    examples: [evil],
  }
  const built = docsPage({
    ...document,
    tags: [{ name: evil, description: evil }],
    paths: {
      '/<b>': {
        get: {
          operationId: 'x',
          tags: [evil],
          summary: evil,
          description: evil,
          responses: { 200: { description: evil, content: { '<i>': { schema } } } },
        },
      },
    },
    components: { schemas: { Evil: schema }, securitySchemes: {} },
  })

  test('in a page', () => {
    expect(built).toContain('&lt;script&gt;')
    expect(built).not.toMatch(/<script|<b>|<i>/)
  })

  test('in its parts', () => {
    expect(escapeHtml(`<a b="c">&`)).toBe('&lt;a b=&quot;c&quot;&gt;&amp;')
    expect(prose('a `b < c` d')).toBe('a <code>b &lt; c</code> d')
    expect(table(['h'], [])).toBe('')
  })
})
