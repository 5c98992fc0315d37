import type { OnReadOpts } from 'node:net'

/** What OpenSSL decrypts at once: the most that a record can hold (RFC 8446, section 5.1). */
const RECORD_BYTES = 16_384

/**
 * `onread` for a socket that speaks TLS. There, `false` is no promise that nothing more comes: what has been decrypted with the bytes that were
 * refused is given all the same, in one turn, and would overwrite memory that a pending write points into. So after a `false` memory of its own is
 * read into, and given to `onOwned` for good.
 */
export function tlsOnread(onread: OnReadOpts, onOwned: (bytes: Buffer) => boolean): OnReadOpts {
  const memory = onread.buffer
  let welcome = true
  let spare: Buffer | undefined
  return {
    buffer: () => {
      spare = welcome ? undefined : Buffer.allocUnsafeSlow(RECORD_BYTES)
      return spare ?? (typeof memory === 'function' ? memory() : memory)
    },
    callback: (count, read) => {
      welcome = spare === undefined ? onread.callback(count, read) : onOwned(spare.subarray(0, count))
      return welcome
    },
  }
}
