import type { Seeds } from './api-contract.ts'

/**
 * What a valid call needs that no document can know: the names of what is there. An operation that is new needs a line here only where its
 * parameters are new, or where something has to be so before.
 */
export const SEEDS: Seeds = {
  parameters: { proxy: 'web', fault: 'slow', toxic: 'slow', profile: 'outage', name: 'outage' },
  operations: {
    putProfile: { parameters: { profile: 'other', name: 'other' }, body: { faults: [{ on: '*', type: 'noop' }] } },
    renewProfile: { prepare: (rig) => rig.server.control.profiles.activate('outage', { lease: '1h' }) },
    deactivateProfile: { prepare: (rig) => rig.server.control.profiles.activate('outage') },
    diffProfile: { body: { profile: 'outage' } },
    validateProfile: { body: { faults: [{ on: 'web', type: 'latency' }] } },
    resume: { prepare: (rig) => rig.server.control.halt({ reason: 'the contract' }) },
  },
}
