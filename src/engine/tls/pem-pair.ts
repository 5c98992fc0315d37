/** A certificate (and what stands between it and its authority, behind it) with its private key; PEM texts. */
export interface PemPair {
  readonly cert: string
  readonly key: string
}
