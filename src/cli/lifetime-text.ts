import { formatAge } from './format.ts'
import { showDuration } from './quantity.ts'

/** What says how long a fault or an activation stays, milliseconds. */
export interface Lasting {
  readonly ttl?: number | undefined
  readonly lease?: number | undefined
  readonly ttl_remaining?: number | null | undefined
}

/** `; ends in 10m`, `; ends in 30s unless renewed`; nothing for what stays. */
export function endText(lasting: Lasting): string {
  return typeof lasting.ttl_remaining === 'number' ? `; ends in ${remainingText(lasting)}` : ''
}

/** `10m`, `28.3s unless renewed`, `-`. */
export function remainingText({ ttl, lease, ttl_remaining: left }: Lasting): string {
  if (typeof left !== 'number') return '-'
  // A few milliseconds of what has just been asked for are gone already.
  const whole = [lease, ttl].find((each) => each !== undefined && each >= left && each - left < 1000)
  const text = whole === undefined ? formatAge(left) : showDuration(whole)
  return lease === undefined ? text : `${text} unless renewed`
}
