import {
  METHODS,
  type Method,
  type OpenApiDocument,
  type OperationObject,
  type ResponseObject,
} from '../openapi/types.ts'
import { escapeHtml, prose, table } from './html.ts'
import { exampleText, schemaSection, typeText, type Schemas } from './schema.ts'
import { STYLE } from './style.ts'

// The usual pages for OpenAPI are megabytes of script, or call home when they are installed; this one is a text.

/** The description of the API as one HTML page: no script, and nothing that is loaded from elsewhere. */
export function docsPage(document: OpenApiDocument): string {
  const { info, tags, components } = document
  const operations = operationsOf(document)
  const parts = tags.map(({ name, description = '' }) => {
    const own = operations.filter(({ operation }) => operation.tags.includes(name))
    const sections = own.map((each) => section(each, components.schemas))
    return `<h2 id="tag-${escapeHtml(name)}">${escapeHtml(name)}</h2><p>${prose(description)}</p>${sections.join('\n')}`
  })
  const schemas = Object.entries(components.schemas).map(([name, schema]) => schemaSection(name, schema))
  const about = `<p>${prose(info.description)}</p><p>The same for programs: <a href="/openapi.json">openapi.json</a>. What the codes of errors mean: <a href="/docs/errors">errors</a>. Where the server has tokens, every call but those that say so wants <code>Authorization: Bearer &lt;token&gt;</code>.</p>`
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Foulweather: API</title><style>${STYLE}</style></head><body><main><h1>Foulweather ${escapeHtml(info.version)}: API</h1>${about}${contents(document, operations)}${parts.join('\n')}<h2 id="schemas">Schemas</h2>${schemas.join('\n')}</main></body></html>\n`
}

interface Shown {
  readonly method: Method
  readonly path: string
  readonly operation: OperationObject
}

function operationsOf({ paths }: OpenApiDocument): readonly Shown[] {
  return Object.entries(paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method]
      return operation === undefined ? [] : [{ method, path, operation }]
    }),
  )
}

function contents({ tags }: OpenApiDocument, operations: readonly Shown[]): string {
  const parts = tags.map(({ name }) => {
    const own = operations.filter(({ operation }) => operation.tags.includes(name))
    const items = own.map(
      ({ operation, ...where }) => `<li><a href="#${operation.operationId}">${title(where)}</a></li>`,
    )
    return `<p><a href="#tag-${escapeHtml(name)}">${escapeHtml(name)}</a></p><ul>${items.join('')}</ul>`
  })
  return `<nav>${parts.join('\n')}<p><a href="#schemas">Schemas</a></p></nav>`
}

function title({ method, path }: Pick<Shown, 'method' | 'path'>): string {
  return `<code><span class="method">${method.toUpperCase()}</span> ${escapeHtml(path)}</code>`
}

function section(shown: Shown, schemas: Schemas): string {
  const { operation } = shown
  const { operationId, summary, description, parameters = [], responses } = operation
  const role = operation['x-role']
  const badge = role === undefined ? '' : ` <span class="role">${escapeHtml(role)}</span>`
  const rows = parameters.map(({ name, in: place, schema, required, description }) => [
    `<code>${escapeHtml(name)}</code>`,
    `${place}${required ? ', required' : ''}`,
    typeText(schema),
    prose(description),
  ])
  return [
    `<section id="${escapeHtml(operationId)}"><h3>${title(shown)}${badge}</h3><p>${prose(summary)}</p>`,
    description === '' ? '' : `<p>${prose(description)}</p>`,
    table(['parameter', 'in', 'type', 'meaning'], rows),
    body(operation),
    `<pre>${escapeHtml(curl(shown, schemas))}</pre>`,
    table(
      ['status', 'answer', 'body'],
      Object.entries(responses).map(([status, response]) => answer(status, response)),
    ),
    '</section>',
  ].join('')
}

function body({ requestBody }: OperationObject): string {
  if (requestBody === undefined) return ''
  const { description, required, content } = requestBody
  const kinds = Object.entries(content).map(
    ([type, { schema }]) => `<code>${escapeHtml(type)}</code>: ${typeText(schema)}`,
  )
  return `<p>Body${required ? '' : ' (may be left out)'}: ${prose(description)} ${kinds.join('; ')}</p>`
}

function answer(status: string, { description, content = {} }: ResponseObject): readonly string[] {
  const kinds = Object.entries(content).map(([type, { schema }]) => {
    const parts = Array.isArray(schema['allOf']) ? schema['allOf'] : [schema]
    return `<code>${escapeHtml(type)}</code>: ${parts.map(typeText).join(', ')}`
  })
  return [status, linked(prose(description)), kinds.join('<br>')]
}

/** Codes of errors lead to what they mean. */
function linked(html: string): string {
  return html.replaceAll(
    /<code>([a-z]+(?:_[a-z]+)+|forbidden|unauthorized|halted)<\/code>: /g,
    '<a href="/docs/errors#$1"><code>$1</code></a>: ',
  )
}

/** A call that can be pasted; what a path names in braces is to be put in. */
function curl({ method, path, operation }: Shown, schemas: Schemas): string {
  const verb = method === 'get' ? '' : ` -X ${method.toUpperCase()}`
  const target = path.includes('{')
    ? `'localhost:8474${path.replaceAll(/[{}]/g, (brace) => (brace === '{' ? '<' : '>'))}'`
    : `localhost:8474${path}`
  const media = operation.requestBody?.content['application/json']
  const data =
    media === undefined ? '' : ` -d '${exampleText(media.schema, schemas).replaceAll("'", String.raw`'\''`)}'`
  return `curl -s${verb} ${target}${data}`
}
