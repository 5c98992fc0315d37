import { sharedLookup } from './lookup.ts'

/** Of several addresses, each gets a second before the next is tried: Node's own 250 ms is less than the round trip to a far one. */
export const DIALLING = { autoSelectFamily: true, autoSelectFamilyAttemptTimeout: 1000, lookup: sharedLookup } as const
