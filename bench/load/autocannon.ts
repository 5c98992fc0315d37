// node autocannon.ts PORT CONNECTIONS REQUESTS: GET on keep-alive connections. Prints {"requests":…,"seconds":…}.
import autocannon from 'autocannon'

const [port = 0, connections = 1, amount = 1] = process.argv.slice(2).map(Number)

const result = await autocannon({ url: `http://127.0.0.1:${port}/`, connections, amount, timeout: 10 })
if (result.non2xx + result.errors > 0) throw new Error(`${result.non2xx} bad answers, ${result.errors} errors`)
console.log(JSON.stringify({ requests: result['2xx'], seconds: result.duration }))
