/** The first line of a generated page, for whoever opens it to edit it. */
export function generatedFrom(source: string): string {
  return `<!-- Generated from ${source} by "npm run generate". Edit that, not this. -->`
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}

/** A table. Cells are Markdown; a `|` in them is escaped. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n')
}

/** Blocks with a blank line between them, and a newline at the end. */
export function page(...blocks: readonly string[]): string {
  return `${blocks.join('\n\n')}\n`
}
