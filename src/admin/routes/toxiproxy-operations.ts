import { z } from 'zod'
import type { ErrorCode } from '../../core/errors.ts'
import type { Operation } from '../operation.ts'
import {
  toxicInputShape,
  toxicPatchShape,
  toxicShape,
  toxiproxyProxyInputShape,
  toxiproxyProxyPatchShape,
  toxiproxyProxyShape,
  toxiproxyVersionShape,
} from '../shapes/toxiproxy.ts'

/** How Toxiproxy's routes are described: briefly, because its clients know them. */

export const TOXIPROXY_TAG = 'Toxiproxy'

const tag = TOXIPROXY_TAG
const PROXY_MISTAKES: readonly ErrorCode[] = ['missing_field', 'invalid_value']
const proxy = { description: 'The proxy.', schema: toxiproxyProxyShape }
const toxic = { description: 'The toxic.', schema: toxicShape }

const updateProxy = {
  tag,
  summary: 'Changes a proxy. To switch it on and off is for operators too.',
  body: { description: 'What is to be otherwise.', schema: toxiproxyProxyPatchShape },
  answers: { 200: proxy },
  errors: [...PROXY_MISTAKES, 'proxy_not_found', 'listen_failed'],
} satisfies Omit<Operation, 'id'>

const updateToxic = {
  tag,
  summary: 'Changes a toxic.',
  body: { description: 'What is to be otherwise.', schema: toxicPatchShape },
  answers: { 200: toxic },
  errors: ['proxy_not_found', 'fault_not_found', 'ttl_required', 'halted'],
} satisfies Omit<Operation, 'id'>

export const TOXIPROXY_OPERATIONS = {
  listProxies: {
    id: 'toxiproxyListProxies',
    tag,
    summary: 'All proxies by their names.',
    answers: { 200: { description: 'They.', schema: z.record(z.string(), toxiproxyProxyShape) } },
  },
  createProxy: {
    id: 'toxiproxyCreateProxy',
    tag,
    summary: 'Creates a proxy.',
    body: { description: 'The proxy.', schema: toxiproxyProxyInputShape },
    answers: { 201: proxy },
    errors: [...PROXY_MISTAKES, 'proxy_exists', 'listen_failed'],
  },
  populate: {
    id: 'toxiproxyPopulate',
    tag,
    summary: 'Makes each proxy of a list exist.',
    body: { description: 'The proxies.', schema: z.array(toxiproxyProxyInputShape) },
    answers: {
      201: {
        description: 'The proxies of the list; `null` where it is empty.',
        schema: z.object({ proxies: z.array(toxiproxyProxyShape).nullable() }),
      },
    },
    errors: [...PROXY_MISTAKES, 'listen_failed'],
  },
  reset: {
    id: 'toxiproxyReset',
    tag,
    summary: 'Starts every proxy and removes all faults.',
    answers: { 204: { description: 'It is done.' } },
    errors: ['listen_failed'],
  },
  showProxy: {
    id: 'toxiproxyGetProxy',
    tag,
    summary: 'One proxy.',
    answers: { 200: proxy },
    errors: ['proxy_not_found'],
  },
  updateProxy: { id: 'toxiproxyUpdateProxy', ...updateProxy },
  updateProxyByPost: { id: 'toxiproxyUpdateProxyByPost', ...updateProxy },
  deleteProxy: {
    id: 'toxiproxyDeleteProxy',
    tag,
    summary: 'Deletes a proxy, closing its sessions.',
    answers: { 204: { description: 'It is gone.' } },
    errors: ['proxy_not_found'],
  },
  listToxics: {
    id: 'toxiproxyListToxics',
    tag,
    summary: 'The toxics of a proxy, upstream first.',
    answers: { 200: { description: 'They.', schema: z.array(toxicShape) } },
    errors: ['proxy_not_found'],
  },
  createToxic: {
    id: 'toxiproxyCreateToxic',
    tag,
    summary: 'Adds a toxic.',
    body: { description: 'The toxic.', schema: toxicInputShape },
    answers: { 200: toxic },
    errors: [
      'invalid_value',
      'invalid_direction',
      'invalid_fault_type',
      'ttl_required',
      'proxy_not_found',
      'fault_exists',
      'halted',
    ],
  },
  showToxic: {
    id: 'toxiproxyGetToxic',
    tag,
    summary: 'One toxic.',
    answers: { 200: toxic },
    errors: ['proxy_not_found', 'fault_not_found'],
  },
  updateToxic: { id: 'toxiproxyUpdateToxic', ...updateToxic },
  updateToxicByPost: { id: 'toxiproxyUpdateToxicByPost', ...updateToxic },
  removeToxic: {
    id: 'toxiproxyRemoveToxic',
    tag,
    summary: 'Removes a toxic.',
    answers: { 204: { description: 'It is gone.' } },
    errors: ['proxy_not_found', 'fault_not_found'],
  },
  version: {
    id: 'toxiproxyVersion',
    tag,
    summary: 'The version whose API this is, and our own. No token is wanted.',
    answers: { 200: { description: 'They.', schema: toxiproxyVersionShape } },
  },
} satisfies Readonly<Record<string, Operation>>
