import { targetOf } from './targets/index.ts'
import { work } from './work.ts'

/** One thread of the fuzzer. */
await work(targetOf)
