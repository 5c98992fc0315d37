// node http-clients-source.ts PORT: the origin of `http-clients-origin.ts` in a process of its own, for downloads that would keep a process busy that
// does everything itself. Says so when it listens.
import { createServer } from 'node:http'
import { answerContent } from './http-clients-origin.ts'

const port = Number(process.argv[2])
createServer({ requestTimeout: 0 }, answerContent).listen(port, '127.0.0.1', () => console.log('listening'))
