import { Authority } from '../../src/engine/tls/authority.ts'
import { loadCertificates } from '../../src/engine/tls/load-certificates.ts'

export interface Pair {
  readonly cert: string
  readonly key: string
}

/** An authority, a certificate of it, and one of another authority. */
export async function testCertificates(): Promise<{ authority: Pair; one: Pair; other: Pair }> {
  const { createAuthority } = await loadCertificates()
  const authority = await createAuthority(Date.now())
  const one = await new Authority(authority).certificate(['one.test'])
  const other = await new Authority(await createAuthority(Date.now())).certificate(['other.test'])
  return { authority, one, other }
}
