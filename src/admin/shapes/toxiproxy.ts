import { z } from 'zod'

/** What Toxiproxy's routes take and answer. */

const toxicType = z
  .string()
  .describe(
    '`latency`, `bandwidth`, `slow_close`, `timeout`, `reset_peer`, `slicer`, `limit_data`, `packet_loss` or `noop`.',
  )
const attributes = z.record(z.string(), z.number()).describe("Its parameters, in Toxiproxy's units.")
const stream = z.string().describe('`downstream` (server → client) or `upstream`.')
const toxicity = z.number().describe('The share of sessions that it acts on.')

export const toxicShape = z
  .object({ attributes, name: z.string(), type: toxicType, stream, toxicity })
  .meta({ id: 'Toxic', description: "A fault as Toxiproxy's API shows it." })

const protocol = z.enum(['tcp', 'http'])

export const toxiproxyProxyShape = z
  .object({
    name: z.string(),
    listen: z.string(),
    upstream: z.string(),
    enabled: z.boolean(),
    Logger: z.object({}).describe('Empty; part of the shape since Toxiproxy 2.5.'),
    toxics: z.array(toxicShape),
    protocol: protocol.optional().describe('Only where the request has said one.'),
  })
  .meta({ id: 'ToxiproxyProxy', description: "A proxy as Toxiproxy's API shows it." })

const proxyFields = {
  listen: z.string().optional().describe('Default: every interface, any free port.'),
  enabled: z.boolean().optional().describe('Whether it listens. Default: true.'),
}

export const toxiproxyProxyInputShape = z
  .looseObject({
    name: z.string(),
    upstream: z.string(),
    ...proxyFields,
    protocol: protocol.optional().describe('What it relays: bytes, or exchanges of HTTP. Default: `tcp`.'),
  })
  .meta({
    id: 'ToxiproxyProxyInput',
    description:
      'A proxy as it is written to Toxiproxy’s API; `protocol` is an addition. Keys match in any letter case; unknown ones are ignored.',
    examples: [{ name: 'pg', listen: 'localhost:0', upstream: 'localhost:5432' }],
  })

export const toxiproxyProxyPatchShape = z.looseObject({ upstream: z.string().optional(), ...proxyFields }).meta({
  id: 'ToxiproxyProxyPatch',
  description: 'What is given takes the place of what is there.',
  examples: [{ enabled: false }],
})

export const toxicInputShape = z
  .looseObject({
    type: toxicType,
    name: z.string().optional().describe('Default: `<type>_<stream>`.'),
    stream: stream.optional(),
    toxicity: toxicity.optional(),
    attributes: attributes.optional(),
  })
  .meta({
    id: 'ToxicInput',
    description: 'A toxic as it is written.',
    examples: [{ type: 'latency', attributes: { latency: 250, jitter: 50 }, toxicity: 0.3 }],
  })

export const toxicPatchShape = z
  .looseObject({ toxicity: toxicity.optional(), attributes: attributes.optional() })
  .meta({
    id: 'ToxicPatch',
    description: 'What is given takes the place of what is there, attribute by attribute.',
    examples: [{ toxicity: 1 }],
  })

export const toxiproxyVersionShape = z
  .object({ version: z.string().describe('Of Toxiproxy, whose API this is.'), foulweather: z.string() })
  .meta({ id: 'ToxiproxyVersion' })
