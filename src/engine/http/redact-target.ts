/** Stands for what is not shown. */
const HIDDEN = '…'

/**
 * The target of a request without the parts of it that often are secrets: user and password of an absolute URL or of CONNECT, the values of the
 * query (its names stay) and of path parameters (`;jsessionid=`), and the fragment. What it answers is answered as it is when it is given again.
 *
 * @param showQueries values of the query, of path parameters and the fragment are shown; user and password never are.
 */
export function redactTarget(target: string, showQueries: boolean): string {
  const end = target.search(/[?#]/)
  const path = hideUser(end < 0 ? target : target.slice(0, end))
  const rest = end < 0 ? '' : target.slice(end)
  return showQueries ? path + rest : hideParameters(path) + hideQuery(rest)
}

/** Anchored, or begun by what cannot come again before its end: no target makes these slow. */
function hideUser(path: string): string {
  return path.replace(/^[^/]*@/, `${HIDDEN}@`).replaceAll(/(:\/+|^\/\/+)[^/]*@/g, `$1${HIDDEN}@`)
}

function hideParameters(path: string): string {
  return path.replaceAll(/;([^/;=]*)=[^/;]*/g, `;$1=${HIDDEN}`)
}

function hideQuery(rest: string): string {
  return rest.slice(0, 1) + rest.slice(1).replaceAll(/[^&]+/g, hideValue)
}

/** A part without a name may be nothing but a value. */
function hideValue(part: string): string {
  const equals = part.indexOf('=')
  return equals < 0 ? HIDDEN : `${part.slice(0, equals + 1)}${HIDDEN}`
}
