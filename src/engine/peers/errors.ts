import { getSystemErrorName } from 'node:util'

/** An error number of libuv as the error that Node makes of it. */
export function systemError(status: number, syscall: string, where = ''): NodeJS.ErrnoException {
  const code = nameOf(status)
  return Object.assign(new Error(`${syscall} ${code}${where}`), { errno: status, code, syscall })
}

export function resetError(): NodeJS.ErrnoException {
  return Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', syscall: 'read' })
}

function nameOf(status: number): string {
  try {
    return getSystemErrorName(status)
  } catch {
    return `error ${status}`
  }
}
