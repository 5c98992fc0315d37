import type { DemoPorts } from './options.ts'

/** Something to try, as it is printed and as it is tested. */
export interface DemoCommand {
  readonly purpose: string
  /** For a POSIX shell, in lines that fit on a terminal of 80 columns. */
  readonly command: string
}

const COUNT_ORDERS = 'SELECT count(*) FROM orders'

/** What the demo suggests, in an order that makes sense to follow. Without `psql` a small script of the repository asks instead. */
export function demoCommands({ pg, web, admin }: DemoPorts, psql: boolean): readonly DemoCommand[] {
  const database = `postgres://postgres@127.0.0.1:${pg}/postgres`
  const api = `http://127.0.0.1:${admin}`
  const add = (proxy: string, toxic: object) => post(`${api}/proxies/${proxy}/toxics`, toxic)
  return [
    {
      purpose: 'ask Postgres through its proxy and see how long it takes',
      command: psql
        ? `psql ${database} \\\n  -c '\\timing' -c '${COUNT_ORDERS}'`
        : `npx node demo/query.ts \\\n  ${database} '${COUNT_ORDERS}'`,
    },
    {
      purpose: 'ask the web site ten times and see what it answers',
      command: `curl -so /dev/null -w '%{http_code} ' \\\n  'http://127.0.0.1:${web}/orders.json?[1-10]'`,
    },
    {
      purpose: 'have 3 of 10 requests fail (ask it again)',
      command: post(`${api}/v1/proxies/web/faults`, { type: 'http_error', status: 503, probability: 0.3 }),
    },
    {
      purpose: 'make every answer of Postgres half a second late (ask it again)',
      command: add('pg', { type: 'latency', attributes: { latency: 500 } }),
    },
    {
      purpose: 'cap the web site at 20 KB/s',
      command: add('web', { type: 'bandwidth', attributes: { rate: 20 } }),
    },
    {
      purpose: 'load a file of 300 KB from it: the status, and how long it took',
      command: `curl -so /dev/null -w '%{http_code} %{time_total} s\\n' \\\n  http://127.0.0.1:${web}/big.bin`,
    },
    {
      purpose: 'take Postgres down for a minute',
      command: post(`${api}/v1/proxies/pg/faults`, { type: 'refuse', sessions: 'reset', ttl: '1m' }),
    },
    {
      purpose: 'see who is and was connected, what was at work on them, how they ended',
      command: `curl -s '${api}/v1/sessions?state=all'`,
    },
    {
      purpose: 'see what was asked of the web site, and what came of it',
      command: `curl -s ${api}/v1/exchanges`,
    },
    {
      purpose: 'fair weather again: everything up, no faults',
      command: `curl -s -X POST ${api}/reset`,
    },
  ]
}

function post(url: string, body: object): string {
  return `curl -s ${url} \\\n  -d '${JSON.stringify(body)}'`
}
