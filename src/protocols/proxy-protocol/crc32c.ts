/** Castagnoli's polynomial, its bits reversed. The CRC of zlib has another one. */
const POLYNOMIAL = 0x82f63b78

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 0 ? crc >>> 1 : (crc >>> 1) ^ POLYNOMIAL
  return crc
})

/** CRC32c of the bytes of all parts as if they were one (RFC 4960, appendix B), 0…2³²−1. */
export function crc32c(...parts: readonly Buffer[]): number {
  let crc = 0xffffffff
  for (const part of parts) for (const byte of part) crc = (TABLE[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8)
  return (crc ^ 0xffffffff) >>> 0
}
