import { randomInt } from 'node:crypto'

/** Where a subscriber is: the process whose events it has seen, and the number of the last one. */
export interface Position {
  readonly epoch: string
  readonly number: number
}

/** Base 36. */
const EPOCH_CHARACTERS = 6

/** What the ids of one process begin with; those of the next one begin otherwise. */
export function newEpoch(): string {
  return randomInt(36 ** EPOCH_CHARACTERS)
    .toString(36)
    .padStart(EPOCH_CHARACTERS, '0')
}

export function positionText({ epoch, number }: Position): string {
  return `${epoch}-${number}`
}

/** `undefined`: it is no id of an event, of whatever process. */
export function readPosition(id: string): Position | undefined {
  const [, epoch, number] = /^([0-9a-z]{1,16})-(\d{1,15})$/.exec(id) ?? []
  return epoch === undefined ? undefined : { epoch, number: Number(number) }
}
