/** How a private key begins as PEM (RFC 7468), whatever kind it is. */
const HEADING = /-----BEGIN [A-Z ]*PRIVATE KEY-----/

/** To the end of the text that quotes it. */
const KEY = new RegExp(`${HEADING.source}[^"]*`, 'g')

export function hasPrivateKey(text: string): boolean {
  return HEADING.test(text)
}

/** Errors, views and logs are for more eyes than keys are: a text with `mark` in the place of those that it quotes. */
export function withoutPrivateKeys(text: string, mark = '(a private key)'): string {
  return hasPrivateKey(text) ? text.replaceAll(KEY, mark) : text
}
