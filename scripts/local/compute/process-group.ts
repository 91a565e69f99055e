/** Execution environments lead process groups of their own, except on Windows, which has none. */
export const ownGroup = process.platform !== 'win32'

/** Signals an environment and whatever it has started; no error if they are gone. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(ownGroup ? -pid : pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
