import { z } from 'zod'
import type { Operation } from '../operation.ts'
import { activationShape } from '../profile-bodies.ts'
import { documentShape, profileShape, profilesShape, reloadShape } from '../shapes/profile.ts'
import { YAML } from '../wanted-format.ts'

/** How the routes of profiles are described. */

export const PROFILES_TAG = 'Profiles'

/** Any type is taken for a document; these are what clients should send. */
export const DOCUMENT_TYPES: readonly string[] = [YAML, 'application/json', 'text/plain']

const profile = (description: string) => ({ description, schema: profileShape })

export const PROFILE_OPERATIONS = {
  list: {
    id: 'listProfiles',
    tag: PROFILES_TAG,
    summary: 'All profiles, in the order of their names.',
    answers: { 200: { description: 'They.', schema: profilesShape } },
  },
  reload: {
    id: 'reloadProfiles',
    tag: PROFILES_TAG,
    summary: 'Reads the files of profiles anew.',
    description:
      'As their changes do by themselves, and as SIGHUP does. What is active follows; what has mistakes stays as it last was good.',
    answers: { 200: { description: 'What has changed.', schema: reloadShape } },
    errors: ['halted', 'profiles_unreadable'],
  },
  show: {
    id: 'getProfile',
    tag: PROFILES_TAG,
    summary: 'One profile, or its text.',
    description: `With \`Accept: ${YAML}\`, or \`format=text\`, the answer is its text. A text with a private key in it is shown to the role \`admin\` alone.`,
    query: [
      {
        name: 'format',
        description: 'Default: by the `Accept` header; `json` where that names no YAML.',
        schema: z.enum(['json', 'text']),
      },
    ],
    answers: { 200: profile('The profile.') },
    errors: ['profile_not_found'],
  },
  put: {
    id: 'putProfile',
    tag: PROFILES_TAG,
    summary: 'Takes a profile from the body.',
    description: 'One that is active is brought in step with it at once. One that comes from a file cannot be put.',
    headers: [
      { name: 'If-None-Match', description: '`*`: only where there is none of that name.', schema: z.string() },
    ],
    body: { description: 'The document.', schema: documentShape, types: DOCUMENT_TYPES },
    answers: { 200: profile('There was one of that name.'), 201: profile('It is new.') },
    errors: ['invalid_profile', 'profile_conflict', 'profile_read_only', 'halted', 'listen_failed'],
  },
  remove: {
    id: 'deleteProfile',
    tag: PROFILES_TAG,
    summary: 'Deactivates a profile, and forgets it.',
    answers: { 204: { description: 'It is gone.' } },
    errors: ['profile_not_found', 'profile_read_only'],
  },
  activate: {
    id: 'activateProfile',
    tag: PROFILES_TAG,
    summary: 'Puts the proxies and faults of a profile in force.',
    description: 'One that is active is brought in step with what is said now, and its time begins anew.',
    body: { description: 'How.', schema: activationShape, required: false },
    answers: { 200: profile('The profile, active.') },
    errors: ['profile_not_found', 'invalid_profile', 'profile_conflict', 'ttl_required', 'halted', 'listen_failed'],
  },
  deactivate: {
    id: 'deactivateProfile',
    tag: PROFILES_TAG,
    summary: 'Takes the proxies and faults of a profile away.',
    description: 'Nothing is done where it is not active.',
    answers: { 200: profile('The profile, inactive.') },
    errors: ['profile_not_found'],
  },
  renew: {
    id: 'renewProfile',
    tag: PROFILES_TAG,
    summary: 'The lease of an activation begins anew.',
    answers: { 200: profile('The profile, with its new time.') },
    errors: ['profile_not_found', 'no_lease'],
  },
} satisfies Readonly<Record<string, Operation>>
