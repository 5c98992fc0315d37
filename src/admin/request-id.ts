import { randomBytes } from 'node:crypto'

const ALPHABET = '0123456789abcdefghijklmnopqrstuv'

/** 100 random bits as 20 characters of base32hex, the shape of the ids that Toxiproxy gives its requests. */
export function newRequestId(): string {
  let id = ''
  for (const byte of randomBytes(20)) id += ALPHABET.charAt(byte % 32)
  return id
}
