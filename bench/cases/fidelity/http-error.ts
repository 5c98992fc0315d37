import { HTTP_SUBJECT, PROXY } from '../../rivals/rival.ts'
import type { Case } from '../case.ts'
import { exchangeHttp, type Asked, type Exchanges } from '../http/exchanges.ts'
import { loadServer, takeTurns } from '../rounds.ts'
import { judged, judgedMetrics, shareError } from './tolerance.ts'

const REQUESTS = 20_000
const ASKED: Asked = { connections: 20, requests: REQUESTS, bytes: 100, gapMs: 0 }
const PERCENTS = [1, 30, 100]
const STATUS = 503

export const fidelityHttpError: Case = {
  name: 'fidelity-http-error',
  group: 'fidelity',
  summary:
    `Share of GETs that http_error with a probability answers ${STATUS}; the others have to be 200. The tolerance is three standard errors of a ` +
    'draw for each request.',
  metrics: [...judgedMetrics('%', 2), { key: 'requests', label: 'requests', digits: 0 }],
  takes: ({ name }) => name === HTTP_SUBJECT,
  async run(context) {
    const asked = { ...ASKED, requests: context.quick ? REQUESTS / 4 : REQUESTS }
    await takeTurns(context, loadServer('http-server.ts'), async (rival, { port, admin }, round) => {
      for (const percent of round === 0 ? [] : PERCENTS) {
        const fault = { name: 'bad', type: 'http_error', status: STATUS, probability: percent / 100 }
        const seen = await admin?.withFaults(PROXY, [fault], () => exchangeHttp(port, asked))
        if (seen === undefined) return
        context.record({ variant: `${percent} %`, rival: rival.name, round, metrics: judgeShare(seen, percent) })
      }
    })
  },
}

/** The share of the error among the statuses, beside the `percent` that were asked for. Fails when there is a status that nobody asked for. */
export function judgeShare(
  { statuses }: Pick<Exchanges, 'statuses'>,
  percent: number,
): Readonly<Record<string, number>> {
  const { [STATUS]: bad = 0, 200: good = 0, ...others } = statuses
  const [strange] = Object.keys(others)
  if (strange !== undefined) throw new Error(`${others[strange]} answers had status ${strange}`)
  const requests = bad + good
  const delivered = (bad / requests) * 100
  return {
    ...judged({ requested: percent, delivered, tolerance: shareError(percent / 100, requests) * 100 }),
    requests,
  }
}
