const MOST_SHOWN = 2000

/** An input for people: as a text of JavaScript whose characters are its bytes. */
export function escaped(input: Buffer): string {
  const text = JSON.stringify(input.subarray(0, MOST_SHOWN).toString('latin1')).replaceAll(
    /[\u007f-\u00ff]/g,
    (odd) => `\\x${odd.charCodeAt(0).toString(16)}`,
  )
  return input.length > MOST_SHOWN ? `${text} and ${input.length - MOST_SHOWN} bytes more` : text
}
