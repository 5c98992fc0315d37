import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { runCli } from '../../../src/cli/program.ts'
import { AllowedFiles } from '../../../src/control/allowed-files.ts'
import { compileProfile, type CompiledProfile, type Target } from '../../../src/control/profiles/compile.ts'
import type { Outcome, ProfileDocument } from '../../../src/profiles/document.ts'
import { parseProfile } from '../../../src/profiles/parse.ts'
import { resolveProfile } from '../../../src/profiles/resolve.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const KUBERNETES = join(ROOT, 'examples/kubernetes')
const COMPOSE = join(ROOT, 'examples/compose')
const SHIPPED = join(ROOT, 'profiles')

type Texts = Readonly<Record<string, string>>

const textsOf = async (dir: string): Promise<Texts> => {
  const names = (await readdir(dir)).filter((name) => name.endsWith('.yaml'))
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(dir, name), 'utf8')] as const)),
  )
}

function valueOf<T>(outcome: Outcome<T>): T {
  if (outcome.ok) return outcome.value
  throw new Error(outcome.problems.map(({ message }) => message).join('\n'))
}

function documentsOf(texts: Texts): ReadonlyMap<string, ProfileDocument> {
  const parsed = Object.entries(texts).map(([file, text]) => {
    const name = file.replace(/\.yaml$/, '')
    return [name, valueOf(parseProfile(text, { name, file }))] as const
  })
  return new Map(parsed)
}

/** Compiles each, with those that are active from the start in force before. */
async function compileAll(
  documents: ReadonlyMap<string, ProfileDocument>,
  env: Readonly<Record<string, string>> = {},
  targets: readonly Target[] = [],
): Promise<ReadonlyMap<string, CompiledProfile>> {
  const others = new Map(targets.map((target) => [target.name, target]))
  const compiled = new Map<string, CompiledProfile>()
  const inOrder = [...documents.values()].toSorted((one, other) => Number(other.active) - Number(one.active))
  for (const document of inOrder) {
    const find = (name: string) => documents.get(name)
    const resolved = valueOf(resolveProfile(document, { find, vars: {}, env }))
    const files = new AllowedFiles(undefined)
    const profile = await compileProfile(resolved, { others, files, authority: () => undefined, strict: true })
    compiled.set(document.name, profile)
    if (document.active) for (const [name, { input }] of profile.proxies) others.set(name, input)
  }
  return compiled
}

const faultsOf = ({ faults }: CompiledProfile) =>
  Object.fromEntries([...faults].map(([proxy, list]) => [proxy, list.map(({ wanted }) => wanted.type)]))

async function helpOf(command: readonly string[]): Promise<{ readonly code: number; readonly text: string }> {
  let text = ''
  const write = (piece: string) => {
    text += piece
  }
  const code = await runCli([...command, '--help'], { out: write, err: write, terminal: false, env: {} })
  return { code, text }
}

let serveHelp: string

beforeAll(async () => {
  serveHelp = (await helpOf(['serve'])).text
})

const unknownOptions = (words: readonly string[]) =>
  words.filter((word) => word.startsWith('--') && !serveHelp.includes(` ${word} `))

/** Commands of `foulweather` in a text, with what they are followed by. */
async function expectKnownCommands(text: string, pattern: RegExp): Promise<readonly string[]> {
  const commands = [...text.matchAll(pattern)].map(([, command = '']) => command)
  for (const command of new Set(commands)) {
    const { code, text: help } = await helpOf(command.split(' '))
    expect({ command, code }).toEqual({ command, code: 0 })
    expect(help).toContain(`Usage: foulweather ${command}`)
  }
  return commands
}

/** The one document of a manifest. */
async function manifest(name: string): Promise<unknown> {
  const [document, ...others] = parseAllDocuments(await readFile(join(KUBERNETES, name), 'utf8'))
  expect(others).toEqual([])
  expect([document?.errors, document?.warnings]).toEqual([[], []])
  return document?.toJS()
}

describe('the Kubernetes example', () => {
  interface Container {
    readonly name: string
    readonly restartPolicy?: string
    readonly command?: readonly string[]
    readonly args?: readonly string[]
    readonly env?: readonly { readonly name: string; readonly value?: string }[]
    readonly startupProbe?: Probe
    readonly livenessProbe?: Probe
    readonly readinessProbe?: Probe
    readonly resources?: Readonly<Record<'requests' | 'limits', Readonly<Record<string, string>>>>
    readonly securityContext?: Readonly<Record<string, unknown>>
    readonly volumeMounts?: readonly Readonly<Record<string, unknown>>[]
  }
  interface Probe {
    readonly exec?: { readonly command: readonly string[] }
  }
  interface Deployment {
    readonly kind: string
    readonly spec: {
      readonly selector: { readonly matchLabels: object }
      readonly template: {
        readonly metadata: { readonly labels: object }
        readonly spec: {
          readonly initContainers: readonly [Container]
          readonly containers: readonly [Container]
          readonly volumes: readonly { readonly name: string; readonly configMap: { readonly name: string } }[]
        }
      }
    }
  }
  interface ConfigMap {
    readonly kind: string
    readonly metadata: { readonly name: string }
    readonly data: Texts
  }

  let deployment: Deployment
  let configMap: ConfigMap
  let sidecar: Container
  let app: Container
  let args: readonly string[]

  const argument = (name: string) => args[args.indexOf(name) + 1]
  const envOf = (container: Container) =>
    Object.fromEntries((container.env ?? []).map(({ name, value = '' }) => [name, value]))

  beforeAll(async () => {
    deployment = (await manifest('deployment.yaml')) as Deployment
    configMap = (await manifest('profiles.yaml')) as ConfigMap
    const { spec } = deployment.spec.template
    ;[sidecar] = spec.initContainers
    ;[app] = spec.containers
    args = sidecar.args ?? []
  })

  it('selects the Pods that it makes', () => {
    expect([deployment.kind, configMap.kind]).toEqual(['Deployment', 'ConfigMap'])
    expect(deployment.spec.template.metadata.labels).toEqual(deployment.spec.selector.matchLabels)
  })

  it('runs the command of the image by itself, with options that it has', async () => {
    const dockerfile = await readFile(join(ROOT, 'Dockerfile'), 'utf8')
    expect(dockerfile).toContain(
      `ENTRYPOINT ${JSON.stringify([...(sidecar.command ?? []), 'serve'])
        .slice(0, -1)
        .replaceAll(',', ', ')}`,
    )
    expect(args[0]).toBe('serve')
    expect(unknownOptions(args)).toEqual([])
    expect(argument('--admin')).toBe('127.0.0.1:8474')
  })

  it('mounts the ConfigMap as a directory where the profiles are read', () => {
    const [volume] = deployment.spec.template.spec.volumes
    expect(volume?.configMap.name).toBe(configMap.metadata.name)
    expect(sidecar.volumeMounts).toEqual([{ name: volume?.name, mountPath: argument('--profiles'), readOnly: true }])
    expect(argument('--halt-file')).toBe(`${argument('--profiles')}/HALT`)
  })

  it('is a sidecar that may do nothing but its work', () => {
    expect(sidecar.restartPolicy).toBe('Always')
    expect(sidecar.securityContext).toMatchObject({
      runAsNonRoot: true,
      runAsUser: 1000,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    })
    expect(sidecar.resources).toMatchObject({ requests: { memory: '128Mi' }, limits: { memory: '384Mi' } })
  })

  // The kubelet calls by the address of the Pod, where nothing listens.
  it('is asked for its health from within, as the image is', async () => {
    const dockerfile = await readFile(join(ROOT, 'Dockerfile'), 'utf8')
    const [, healthcheck = ''] = /HEALTHCHECK .*CMD (\[.*\])$/m.exec(dockerfile) ?? []
    for (const probe of [sidecar.startupProbe, sidecar.livenessProbe]) {
      expect(probe?.exec?.command).toEqual(JSON.parse(healthcheck))
    }
    expect(sidecar.readinessProbe).toBeUndefined()
  })

  it('has profiles that a server takes, of which only the wiring is active', async () => {
    const documents = documentsOf(configMap.data)
    expect([...documents.values()].filter(({ active }) => active).map(({ name }) => name)).toEqual(['wiring'])
    const compiled = await compileAll(documents, envOf(sidecar))
    expect(Object.fromEntries([...compiled].map(([name, profile]) => [name, faultsOf(profile)]))).toEqual({
      wiring: {},
      'slow-database': { pg: ['latency'] },
      'database-failover': { pg: ['refuse', 'latency'] },
    })
    for (const { ttl, proxies } of documents.values()) expect(proxies.size > 0 ? 1 : ttl).toBeGreaterThan(0)
  })

  it('leads the application through the sidecar to the database', async () => {
    const compiled = await compileAll(documentsOf(configMap.data), envOf(sidecar))
    const proxy = compiled.get('wiring')?.proxies.get('pg')?.input
    expect(proxy?.listen).toBe(new URL(envOf(app)['DATABASE_URL'] ?? '').host)
    expect(proxy?.upstream).toBe('postgres.default.svc.cluster.local:5432')
  })

  it('suggests commands that there are, and names of its own', async () => {
    const readme = await readFile(join(KUBERNETES, 'README.md'), 'utf8')
    const commands = await expectKnownCommands(
      readme,
      /node dist\/main\.js ((?:profile (?:activate|list|deactivate)|halt|resume|[a-z]+))/g,
    )
    expect(new Set(commands)).toEqual(
      new Set(['profile activate', 'profile list', 'profile deactivate', 'halt', 'resume']),
    )
    const profiles = [...readme.matchAll(/profile (?:de)?activate ([a-z-]+)/g)].map(([, name]) => `${name}.yaml`)
    expect(Object.keys(configMap.data)).toEqual(expect.arrayContaining(profiles))
    for (const [, name] of readme.matchAll(/configmap ([a-z-]+)/g)) expect(name).toBe(configMap.metadata.name)
    for (const [, file = ''] of readme.matchAll(/-f ([a-z]+\.yaml)/g)) {
      expect(await readdir(KUBERNETES)).toContain(file)
    }
    const patches = [...readme.matchAll(/-p '(.+)'/g)].map(([, patch = '']): unknown => JSON.parse(patch))
    expect(patches).toEqual([{ data: { HALT: expect.any(String) } }, [{ op: 'remove', path: '/data/HALT' }]])
  })
})

describe('the Compose example', () => {
  interface Compose {
    readonly services: Readonly<
      Record<
        string,
        { readonly command?: readonly string[]; readonly volumes?: readonly string[]; readonly image?: string }
      >
    >
  }
  let text: string
  let services: Compose['services']

  beforeAll(async () => {
    text = await readFile(join(COMPOSE, 'compose.yaml'), 'utf8')
    ;({ services } = parse(text) as Compose)
  })

  it('mounts its profiles, read only, where they are read', () => {
    const { command = [], volumes } = services['foulweather'] ?? {}
    expect(unknownOptions(command)).toEqual([])
    expect(volumes).toContain(`./profiles:${command[command.indexOf('--profiles') + 1]}:ro`)
  })

  it('has profiles that a server takes, beside the proxies of its config file', async () => {
    const config = JSON.parse(await readFile(join(COMPOSE, 'proxies.json'), 'utf8')) as { name: string }[]
    const targets = config.map(({ name }): Target => ({ name, protocol: 'tcp' }))
    const documents = documentsOf(await textsOf(join(COMPOSE, 'profiles')))
    const compiled = await compileAll(documents, {}, targets)
    expect(Object.fromEntries([...compiled].map(([name, profile]) => [name, faultsOf(profile)]))).toEqual({
      web: {},
      brownout: { web: ['http_error'] },
      'slow-database': { postgres: ['latency'] },
    })
    const web = compiled.get('web')?.proxies.get('web')?.input
    expect(web).toMatchObject({ protocol: 'http', upstream: 'web:80' })
    expect(Object.keys(services)).toContain('web')
    expect(text).toContain(`http://127.0.0.1:${web?.listen.split(':')[1]}/`)
  })

  it('suggests commands that there are', async () => {
    const commands = await expectKnownCommands(text, /exec foulweather node dist\/main\.js (profile activate|[a-z]+)/g)
    expect(commands).toEqual(['profile activate', 'profile activate', 'halt'])
    const names = [...text.matchAll(/profile activate ([a-z-]+)/g)].map(([, name]) => `${name}.yaml`)
    expect(Object.keys(await textsOf(join(COMPOSE, 'profiles')))).toEqual(expect.arrayContaining(names))
  })
})

describe('the README of the shipped profiles', () => {
  it('shows profiles that a server takes, and commands that there are', async () => {
    const readme = await readFile(join(SHIPPED, 'README.md'), 'utf8')
    const blocks = [...readme.matchAll(/```yaml\n(?:# ([a-z-]+\.yaml)\n)?(.*?)```/gs)]
    const own = Object.fromEntries(blocks.map(([, name = 'our-cache.yaml', block = '']) => [name, block]))
    expect(Object.keys(own)).toEqual(['our-cache.yaml', 'wiring.yaml', 'slow-evening.yaml'])
    const shipped = documentsOf(await textsOf(SHIPPED))
    const tls = new Map([...shipped].filter(([name]) => name !== 'tls-expired'))
    const compiled = await compileAll(new Map([...tls, ...documentsOf(own)]))
    const cache = compiled.get('our-cache')
    expect(cache?.proxies.get('redis')?.input).toMatchObject({
      listen: '0.0.0.0:6379',
      upstream: 'redis.internal:6379',
    })
    expect(cache?.faults.get('redis')?.map(({ wanted }) => wanted.params)).toMatchObject([{ every: 10_000, for: 500 }])
    expect(faultsOf(compiled.get('slow-evening')!)).toEqual({ pg: ['latency'] })

    await expectKnownCommands(readme, /foulweather (profile (?:activate|deactivate|show)|serve|halt|validate)\b/g)
    for (const [, variable = ''] of readme.matchAll(/redis-stall.* --var (\w+)=/g)) {
      expect([...(shipped.get('redis-stall')?.vars.keys() ?? [])]).toContain(variable)
    }
  })
})
