import { type ChildProcess, fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import type { Writable } from 'node:stream'
import type { FunctionModel } from '../model.ts'
import type { EnvironmentMessage, InvokeMessage } from './environment-protocol.ts'
import { functionEnvironment } from './function-environment.ts'
import { ownGroup, signalGroup } from './process-group.ts'
import type { RunTimeFiles } from './run-time-files.ts'

/** Why the compute killed an environment itself. */
export type KillReason = 'timeout' | 'memory' | 'crash' | 'retired' | 'stopped'

/** How an environment ended, without the answer that was expected of it. */
export interface Exit {
  readonly kind: 'exit'
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly killed: KillReason | null
}

/** What the log gets to take the last output of a process that has ended. */
const lastOutputMs = 2_000

export type Answer = Extract<EnvironmentMessage, { kind: 'answer' }>
export type Initialisation = Extract<EnvironmentMessage, { kind: 'ready' | 'init-failed' }> | Exit

/** What the compute holds of one execution environment: one process, one invocation at a time. */
export class EnvironmentProcess {
  readonly model: FunctionModel
  readonly logStreamName: string
  readonly startedAt = performance.now()
  /** How the loading of the function ended. Never rejects. */
  readonly initialised: Promise<Initialisation>
  /** Never rejects. Output of the process has reached the log by then, if the log takes it. */
  readonly exited: Promise<Exit>
  /** So far. */
  invocations = 0
  /** Bytes, as far as anybody has looked. */
  peakResidentBytes = 0

  readonly #child: ChildProcess
  #killed: KillReason | null = null
  #hasExited = false
  #spoiled = false
  #onAnswer: ((answer: Answer) => void) | null = null

  constructor(
    model: FunctionModel,
    options: { awsEndpoint: string; nodePath: string; files: RunTimeFiles; log: Writable },
  ) {
    this.model = model
    const day = new Date().toISOString().slice(0, 10).replaceAll('-', '/')
    this.logStreamName = `${day}/[$LATEST]${randomBytes(16).toString('hex')}`
    this.#child = fork(options.files.executionEnvironment, [options.files.compileCache], {
      cwd: model.codeDirectory,
      env: functionEnvironment(model, {
        awsEndpoint: options.awsEndpoint,
        logStreamName: this.logStreamName,
        parent: process.env,
      }),
      execPath: options.nodePath,
      // The heap alone may not exceed the function's memory; the rest of the process is watched from outside.
      execArgv: [`--max-old-space-size=${Math.floor(model.memoryMb * 0.9)}`],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // A session of its own: Ctrl-C is for the local cloud, which lets invocations finish.
      detached: ownGroup,
      serialization: 'advanced',
    })
    this.#child.stdout?.pipe(options.log, { end: false })
    this.#child.stderr?.pipe(options.log, { end: false })

    const { pid } = this.#child
    if (pid !== undefined) options.files.guard(pid)
    this.exited = new Promise((resolve) => {
      const settle = (code: number | null, signal: NodeJS.Signals | null) => {
        resolve({ kind: 'exit', code, signal, killed: this.#killed })
      }
      this.#child.once('exit', () => {
        this.#hasExited = true
        // A log that has failed, or takes nothing any more, would keep the end of the output from ever being read.
        const giveUp = setTimeout(() => {
          for (const output of [this.#child.stdout, this.#child.stderr]) output?.destroy()
        }, lastOutputMs)
        this.#child.once('close', () => clearTimeout(giveUp))
        if (pid === undefined) return
        // What the function has started itself would hold the output open.
        signalGroup(pid, 'SIGKILL')
        options.files.unguard(pid)
      })
      this.#child.once('close', settle)
      this.#child.on('error', (error) => {
        options.log.write(`Execution environment ${pid ?? 'not started'}: ${error}\n`)
        if (pid !== undefined) return
        this.#hasExited = true
        settle(null, null)
      })
    })
    this.initialised = new Promise((resolve) => {
      this.#child.on('message', (message: EnvironmentMessage) => this.#receive(message, resolve))
      void this.exited.then(resolve)
    })
  }

  /** Undefined if the process could not be started. */
  get pid(): number | undefined {
    return this.#child.pid
  }

  /** Whether another invocation may be given to it. */
  get isUsable(): boolean {
    return !this.#hasExited && !this.#spoiled && this.#killed === null
  }

  #receive(message: EnvironmentMessage, initialise: (message: Initialisation) => void): void {
    switch (message.kind) {
      case 'ready':
        initialise(message)
        break
      case 'init-failed':
        this.#spoiled = true
        initialise(message)
        break
      case 'spoiled':
        this.#spoiled = true
        break
      case 'answer':
        this.#spoiled ||= message.last
        // Output written before the answer is read in this turn of the event loop; END belongs behind it.
        setImmediate(() => this.#onAnswer?.(message))
    }
  }

  /** One at a time, after a successful initialisation. */
  invoke(message: InvokeMessage): Promise<Answer | Exit> {
    const answered = new Promise<Answer>((resolve) => {
      this.#onAnswer = resolve
    })
    // A process that has just gone cannot be told; its exit is the answer.
    this.#child.send(message, () => undefined)
    return Promise.race([answered, this.exited])
  }

  /** Lets a running invocation finish, and takes no other. */
  retireAfterInvocation(): void {
    this.#spoiled = true
  }

  kill(reason: KillReason): void {
    if (this.#hasExited) return
    this.#killed ??= reason
    if (this.#child.pid !== undefined) signalGroup(this.#child.pid, 'SIGKILL')
  }
}
