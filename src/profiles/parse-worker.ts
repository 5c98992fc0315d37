import { parentPort } from 'node:worker_threads'
import type { MistakeInText } from './mistake.ts'
import { readText } from './read-text.ts'

/** What is sent for a text. Few and large pieces: taking thousands of small objects over would hold up the thread that gets them. */
export interface ReadMessage {
  readonly id: number
  /** As JSON; absent = the text is no YAML. */
  readonly value?: string
  /** One in each line: they have no line feeds. */
  readonly paths: string
  readonly offsets: Uint32Array<ArrayBuffer>
  readonly lines: Uint32Array
  readonly mistakes: readonly MistakeInText[]
}

/** Sent before anything else: from here on what happens is due to a text. */
const READY = 'ready'

export interface TextMessage {
  readonly id: number
  readonly text: string
}

parentPort?.on('message', ({ id, text }: TextMessage) => {
  const { tree, mistakes, lines } = readText(text)
  const offsets = Uint32Array.from(tree?.offsets ?? [])
  const paths = tree?.paths.join('\n') ?? ''
  const message: ReadMessage = {
    id,
    paths,
    offsets,
    lines,
    mistakes,
    ...(tree && { value: JSON.stringify(tree.value) }),
  }
  parentPort?.postMessage(message, [offsets.buffer])
})
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for windows of browsers
parentPort?.postMessage(READY)
