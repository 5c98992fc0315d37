/** Texts for HTML, in elements and in attributes with double quotes. */
export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

/** A text of ours with `code` in it. */
export function prose(text: string): string {
  return escapeHtml(text).replaceAll(/`([^`]+)`/g, '<code>$1</code>')
}

/** Cells are HTML already. Nothing where there are no rows. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return ''
  const lines = rows.map((row) => `<tr>${cells('td', row)}</tr>`)
  return `<table><thead><tr>${cells('th', head)}</tr></thead><tbody>${lines.join('\n')}</tbody></table>`
}

function cells(kind: 'th' | 'td', row: readonly string[]): string {
  return row.map((cell) => `<${kind}>${cell}</${kind}>`).join('')
}
