import { vi } from 'vitest'

/** Whatever the logger and the metrics write while `act` runs. */
export async function outputOf(act: () => unknown): Promise<string> {
  const lines: string[] = []
  const keep = (chunk: unknown) => lines.push(String(chunk)) > 0
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation(keep),
    vi.spyOn(process.stderr, 'write').mockImplementation(keep),
    ...(['log', 'debug', 'info', 'warn', 'error'] as const).map((level) =>
      vi.spyOn(console, level).mockImplementation(keep),
    ),
  ]
  try {
    await act()
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
  return lines.join('\n')
}
