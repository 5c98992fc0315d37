import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ControlPlane } from '../../../src/control/control-plane.ts'
import { ProfilesRefused } from '../../../src/profiles-at-work.ts'
import { ProfileFiles } from '../../../src/profiles/files/profile-files.ts'
import { startServer, type RunningServer, type ServerOptions } from '../../../src/server.ts'

/** Profiles that the state brings back and the start names as well, or that stand in the way of one that it names. */

const proxies = (name: string, upstream = '127.0.0.1:9') =>
  `proxies: { ${name}: { listen: "127.0.0.1:0", upstream: "${upstream}" } }\n`
const SLOW = `vars: { delay: 10 }\n${proxies('pg')}faults: [{ on: pg, type: latency, latency: "\${delay}" }]\n`

let directory: string
let stateFile: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'foulweather-'))
  stateFile = join(directory, 'state.json')
  await mkdir(join(directory, 'profiles'))
})
afterEach(() => rm(directory, { recursive: true }))

async function write(name: string, text: string): Promise<void> {
  await writeFile(join(directory, 'profiles', `${name}.yaml`), text)
}

/** A server with the state and the profiles of the directory. */
async function start(options: ServerOptions = {}): Promise<RunningServer> {
  return await startServer({
    profiles: new ProfileFiles({ dir: join(directory, 'profiles') }),
    stateFile,
    metrics: [],
    ...options,
  })
}

/** One has run before, in which this was done. */
async function before(act: (control: ControlPlane) => Promise<unknown>): Promise<void> {
  await using server = await start()
  await act(server.control)
}

/** What is done about profiles between the end of the restoring and the end of the start. */
function watching(seen: string[]): Pick<ServerOptions, 'prepare'> {
  return {
    prepare: async ({ events }) => {
      events.on('changed', ({ action, profile }) => {
        if (profile !== undefined) seen.push(`${action} ${profile}`)
      })
    },
  }
}

async function otherPg(control: ControlPlane): Promise<void> {
  await control.populate([{ name: 'pg', listen: '127.0.0.1:0', upstream: '127.0.0.1:10' }])
}

const active = ({ profiles }: ControlPlane) => profiles.active().map(({ name, vars }) => [name, vars])
const latency = (control: ControlPlane) => control.fault('pg', 'latency_downstream').plan.params['latency']

test('one that both name is activated once, in its turn, with the variables that it was given', async () => {
  await write('slow', SLOW)
  await write('other', proxies('web'))
  await before(async (control) => {
    await control.profiles.activate('slow', { vars: { delay: 250 } })
    await control.profiles.activate('other')
  })
  const seen: string[] = []
  await using server = await start({ activate: ['other', 'slow'], vars: { delay: 77 }, ...watching(seen) })
  expect(seen).toEqual([])
  expect(active(server.control)).toEqual([
    ['slow', { delay: 250 }],
    ['other', {}],
  ])
  expect(latency(server.control)).toBe(250)
})

test('one that was given none has those of the start', async () => {
  await write('slow', SLOW)
  await before((control) => control.profiles.activate('slow'))
  await using server = await start({ activate: ['slow'], vars: { delay: 77 } })
  expect(active(server.control)).toEqual([['slow', {}]])
  expect(latency(server.control)).toBe(77)
})

test('one that knows its variables no more is activated by its name, and forgets them', async () => {
  await write('slow', SLOW)
  await before((control) => control.profiles.activate('slow', { vars: { delay: 250 } }))
  await write('slow', SLOW.replaceAll('delay', 'wait'))
  {
    await using server = await start()
    expect(active(server.control)).toEqual([])
  }
  const seen: string[] = []
  {
    await using server = await start({ activate: ['slow'], vars: { wait: 77 }, ...watching(seen) })
    expect(seen).toEqual(['profile-activated slow'])
    expect(latency(server.control)).toBe(77)
  }
  await using server = await start()
  expect(active(server.control)).toEqual([['slow', {}]])
})

test('one that is named and conflicts with one that is brought back ends the start, which leaves the state as it was', async () => {
  await write('one', proxies('pg'))
  await write('two', `# another\n${proxies('pg', '127.0.0.1:10')}`)
  await before((control) => control.profiles.activate('one'))
  const text = await readFile(stateFile, 'utf8')
  const refused = await start({ activate: ['two'] }).catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(ProfilesRefused)
  expect(refused).toMatchObject({ code: 'profile_conflict', message: 'cannot activate "two"' })
  const [problem, ...others] = refused instanceof ProfilesRefused ? refused.problems : []
  expect(others).toEqual([])
  const two = join(directory, 'profiles/two.yaml')
  const one = join(directory, 'profiles/one.yaml')
  expect(problem?.place).toMatchObject({ file: two, line: 2 })
  expect(problem?.message).toBe(
    `profile two (${two}:2:12, proxies.pg) and profile one (${one}:1:12, proxies.pg), which is active, both define proxy "pg" ` +
      '(they differ in upstream); make them equal, give one of them another name, or deactivate one. ' +
      'The state file has brought back one: start without two to deactivate that one',
  )
  expect(await readFile(stateFile, 'utf8')).toBe(text)
  await before(async (control) => {
    expect(active(control)).toEqual([['one', {}]])
    await control.profiles.deactivate('one')
  })
  await using server = await start({ activate: ['two'] })
  expect(active(server.control)).toEqual([['two', {}]])
})

test('two that are named and conflict with each other do so without a word of the state', async () => {
  await write('one', proxies('pg'))
  await write('two', proxies('pg', '127.0.0.1:10'))
  await expect(start({ activate: ['one', 'two'] })).rejects.toMatchObject({
    problems: [{ message: expect.stringMatching(/or deactivate one$/) as string }],
  })
})

test('one that both name is looked at again where its proxy was made anew in between', async () => {
  await write('slow', SLOW)
  await before((control) => control.profiles.activate('slow', { vars: { delay: 250 } }))
  await expect(start({ activate: ['slow'], prepare: otherPg })).rejects.toMatchObject({
    code: 'profile_conflict',
    problems: [{ message: expect.stringContaining('defines proxy "pg", which the API has made otherwise') as string }],
  })
})
