import { work } from '../../../fuzz/work.ts'
import { toy } from './toys.ts'

await work(toy)
