import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'

const LOWEST = 10_000

/**
 * Ports of 127.0.0.1 that are free, and that the kernel gives to nobody by itself: a proxy whose listener is shut for a moment must find its port as it left it,
 * though thousands of clients connect meanwhile.
 */
export async function lastingPorts(count: number): Promise<readonly number[]> {
  const range = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8')
  const beyond = Number(range.split(/\s/)[0])
  const ports: number[] = []
  // Somewhere else each time, so that two runs are not after the same ones.
  for (let port = LOWEST + (process.pid % 1000) * 20; ports.length < count; port++) {
    if (port >= beyond) throw new Error(`there are not ${count} free ports from ${LOWEST} to ${beyond}`)
    if (await isFree(port)) ports.push(port)
  }
  return ports
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  try {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return true
  } catch {
    return false
  } finally {
    server.close()
  }
}
