import { mkdirSync } from 'node:fs'
import { finished } from 'node:stream/promises'
import { createStream, type RotatingFileStream } from 'rotating-file-stream'

/** One log file per function, `{name}.log`; above 10 MB it becomes `{name}.log.1`, and that `.2`, the oldest. */
export class FunctionLogs {
  readonly #directory: string
  readonly #streams = new Map<string, RotatingFileStream>()

  constructor(directory: string) {
    mkdirSync(directory, { recursive: true })
    this.#directory = directory
  }

  of(functionName: string): RotatingFileStream {
    let stream = this.#streams.get(functionName)
    if (!stream) {
      const file = (index: number | Date | null) => `${functionName}.log${index ? `.${index}` : ''}`
      stream = createStream(file, { path: this.#directory, size: '10M', rotate: 2 })
      // Every environment of the function pipes into it.
      stream.setMaxListeners(0)
      stream.on('error', (error) => process.stderr.write(`Cannot log function ${functionName}: ${error}\n`))
      this.#streams.set(functionName, stream)
    }
    return stream
  }

  async close(): Promise<void> {
    await Promise.all([...this.#streams.values()].map((stream) => finished(stream.end(), { readable: false })))
  }
}
