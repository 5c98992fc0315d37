import { isDeepStrictEqual } from 'node:util'
import type { Request, ResponseToolkit, ServerRoute } from '@hapi/hapi'
import { z } from 'zod'
import { type By, refuseStale } from '../../control/by.ts'
import type { ControlPlane } from '../../control/control-plane.ts'
import type { Activation, DiffEntry, ProfileView } from '../../control/profiles/types.ts'
import { FoulweatherError } from '../../core/errors.ts'
import { hasPrivateKey } from '../../core/private-keys.ts'
import { readBody, type BodyLimits } from '../body.ts'
import { byOf } from '../by.ts'
import { readJsonObject } from '../json-body.ts'
import { readActivation } from '../profile-bodies.ts'
import { readQuery } from '../query.ts'
import { encodePath } from '../request-target.ts'
import { mayAct, refuseRole } from '../roles.ts'
import { readIfNoneMatch, withTag } from '../tag.ts'
import { readTextBody } from '../text-body.ts'
import { wantsYaml, YAML } from '../wanted-format.ts'
import { PROFILE_OPERATIONS as OPERATIONS } from './profile-operations.ts'

/** Profiles: put them, look at them, switch them on and off. */
export function profileRoutes(control: ControlPlane, limits: BodyLimits): readonly ServerRoute[] {
  const { profiles } = control
  const body = (request: Request) => readBody(request.raw.req, limits)

  function list() {
    const all = profiles.list()
    return { total: all.length, profiles: all }
  }

  function show(request: Request, h: ResponseToolkit) {
    const name = nameIn(request)
    const { format = wantsYaml(request) ? 'text' : 'json' } = readQuery(showQuery, request.query)
    const profile = profiles.get(name)
    if (format === 'json') {
      // The revision is that of the text: it stays where a profile is switched on or off, or has run out, and whoever looks again has to see that.
      delete request.headers['if-none-match']
      return answer(h, profile).vary('accept')
    }
    const text = profiles.text(name)
    // What an export leaves out for everybody but an admin must not be had by reading the text.
    if (hasPrivateKey(text))
      refuseRole(request.app.caller, 'admin', `the text of profile ${name}, with a private key in it,`)
    const { revision } = profile
    return h.response(text).code(200).type(`${YAML}; charset=utf-8`).etag(String(revision)).vary('accept')
  }

  async function put(request: Request, h: ResponseToolkit) {
    const text = readTextBody(await body(request))
    const name = nameIn(request)
    refuseTaken(name)
    const { profile, created } = await profiles.put(name, text, putBy(request, name))
    const answered = answer(h, profile)
    return created ? answered.code(201).header('location', encodePath(['v1', 'profiles', name])) : answered
  }

  /** A PUT may make what is not there: it alone can ask that something is, or that nothing is. */
  function putBy(request: Request, name: string): By {
    const by = byOf(request)
    const isThere = profiles.list().some((profile) => profile.name === name)
    const isNew = readIfNoneMatch(request.raw.req.headers['if-none-match'])
    const { ifMatch = [] } = by
    // Revisions count from 1: that of none is 0.
    if (isNew || (ifMatch.length > 0 && ifMatch.every((revision) => revision === 0))) {
      if (isThere)
        throw refusedPut(
          isNew ? 'If-None-Match' : 'If-Match',
          isNew ? '*' : '0',
          `there is a profile ${JSON.stringify(name)} already`,
        )
      // Whoever is faster from now on is noticed.
      return { ...by, ifMatch: [0] }
    }
    if (!isThere && ifMatch.length > 0 && !ifMatch.includes(0))
      throw refusedPut('If-Match', ifMatch.join(', '), `there is no profile ${JSON.stringify(name)}, or not any more`)
    return by
  }

  async function remove(request: Request, h: ResponseToolkit) {
    await profiles.remove(nameIn(request), byOf(request))
    return h.response().code(204)
  }

  async function activate(request: Request, h: ResponseToolkit) {
    const bytes = await body(request)
    const { name } = profiles.get(nameIn(request))
    const activation = bytes.length === 0 ? {} : readActivation(readJsonObject(bytes))
    const by = await permitted(request, name, activation)
    return answer(h, await profiles.activate(name, activation, by))
  }

  /**
   * A profile's variables may be what its proxies are made of. Which port is opened, and what is connected to, is for an admin to say: whoever is none
   * may have these proxies as the profile says, or as they are.
   *
   * @returns what has to be asked by: of the text that was looked at.
   */
  async function permitted(request: Request, name: string, activation: Activation): Promise<By> {
    const by = byOf(request)
    const { caller } = request.app
    if (activation.vars === undefined || (caller !== undefined && mayAct(caller, 'admin'))) return by
    const { revision } = profiles.get(name)
    refuseStale(`profile ${name}`, revision, by)
    const moved = ofProxies(await profiles.diff(name, activation))
    if (moved.length > 0 && !isDeepStrictEqual(moved, await usualMoves(name)))
      refuseRole(caller, 'admin', `activating profile ${name} with variables that its proxies are made of`)
    return { ...by, ifMatch: [revision] }
  }

  /** What its defaults would do to proxies; nothing, where there are not all of them. */
  async function usualMoves(name: string): Promise<readonly DiffEntry[]> {
    try {
      return ofProxies(await profiles.diff(name, { vars: {} }))
    } catch (error) {
      if (error instanceof FoulweatherError) return []
      throw error
    }
  }

  const all = '/v1/profiles'
  const one = `${all}/{profile}`
  return [
    { method: 'GET', path: all, options: { app: { operation: OPERATIONS.list } }, handler: list },
    {
      method: 'POST',
      path: `${all}/${RELOAD}`,
      options: { app: { operation: OPERATIONS.reload, role: 'admin' } },
      handler: (request) => profiles.reload(byOf(request)),
    },
    { method: 'GET', path: one, options: { app: { operation: OPERATIONS.show } }, handler: show },
    { method: 'PUT', path: one, options: { app: { operation: OPERATIONS.put, role: 'admin' } }, handler: put },
    { method: 'DELETE', path: one, options: { app: { operation: OPERATIONS.remove, role: 'admin' } }, handler: remove },
    {
      method: 'POST',
      path: `${one}/activate`,
      options: { app: { operation: OPERATIONS.activate } },
      handler: activate,
    },
    {
      method: 'POST',
      path: `${one}/deactivate`,
      options: { app: { operation: OPERATIONS.deactivate } },
      handler: async (request, h) => answer(h, await profiles.deactivate(nameIn(request), byOf(request))),
    },
    {
      method: 'POST',
      path: `${one}/renew`,
      options: { app: { operation: OPERATIONS.renew } },
      handler: async (request, h) => answer(h, await profiles.renew(nameIn(request), byOf(request))),
    },
  ]
}

const showQuery = z.strictObject({ format: z.enum(['json', 'text'], 'json or text').optional() })

/** A name that a path of ours has taken. */
const RELOAD = 'reload'

function ofProxies(entries: readonly DiffEntry[]): readonly DiffEntry[] {
  return entries.filter(({ fault }) => fault === undefined)
}

function answer(h: ResponseToolkit, profile: ProfileView) {
  return withTag(h, profile, profile.revision)
}

function nameIn(request: Request): string {
  return String(request.params['profile'])
}

function refusedPut(field: string, value: string, why: string): FoulweatherError {
  return new FoulweatherError('precondition_failed', `${why}: nothing was put`, { field, value })
}

function refuseTaken(name: string): void {
  if (name !== RELOAD) return
  const text = `no profile can be called "${RELOAD}": POST /v1/profiles/${RELOAD} reads the files anew; choose another name`
  throw new FoulweatherError('invalid_value', text, { field: 'profile', value: name, expected: 'another name' })
}
