import type { DemoPorts } from './options.ts'

/** Something to try, as it is printed and as it is tested. */
export interface DemoCommand {
  readonly purpose: string
  /** One line for a POSIX shell. */
  readonly command: string
}

const COUNT_ORDERS = 'SELECT count(*) FROM orders'

/** What the demo suggests, in an order that makes sense to follow. Without `psql` a small script of the repository asks instead. */
export function demoCommands({ pg, web, admin }: DemoPorts, psql: boolean): readonly DemoCommand[] {
  const database = `postgres://postgres@127.0.0.1:${pg}/postgres`
  const api = `http://127.0.0.1:${admin}`
  const add = (proxy: string, toxic: object) => `curl -s ${api}/proxies/${proxy}/toxics -d '${JSON.stringify(toxic)}'`
  return [
    {
      purpose: 'ask Postgres through its proxy',
      command: psql ? `psql ${database} -c '${COUNT_ORDERS}'` : `npx node demo/query.ts ${database} '${COUNT_ORDERS}'`,
    },
    {
      purpose: 'load a file from the web site and see how long it takes',
      command: `curl -so /dev/null -w '%{time_total} s, %{speed_download} B/s\\n' http://127.0.0.1:${web}/big.bin`,
    },
    {
      purpose: 'make every answer of Postgres half a second late',
      command: add('pg', { type: 'latency', attributes: { latency: 500 } }),
    },
    {
      purpose: 'cap the web site at 20 KB/s (load the file again)',
      command: add('web', { type: 'bandwidth', attributes: { rate: 20 } }),
    },
    {
      purpose: 'take Postgres down',
      command: `curl -s -X PATCH ${api}/proxies/pg -d '{"enabled":false}'`,
    },
    {
      purpose: 'see who is connected and what is at work on them',
      command: `curl -s ${api}/v1/sessions`,
    },
    {
      purpose: 'fair weather again: everything up, no faults',
      command: `curl -s -X POST ${api}/reset`,
    },
  ]
}
