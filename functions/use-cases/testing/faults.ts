/** The process is gone: nothing that it does from here on has any effect. */
export class Killed extends Error {
  override readonly name = 'Killed'
}

type Ports = Readonly<Record<string, unknown>>

/**
 * The ports as one process sees them, counting every call.
 * @param interfere told the number of each call, from 1, and what it would do; does it, or not
 */
export function intercepted<P extends Ports>(
  ports: P,
  interfere: (call: number, act: () => Promise<unknown>) => Promise<unknown>,
): { readonly ports: P; calls(): number } {
  let calls = 0
  const wrap = (port: object) =>
    new Proxy(port, {
      get(target, name) {
        const member = Reflect.get(target, name) as unknown
        if (typeof member !== 'function') return member
        return (...args: unknown[]) => {
          calls += 1
          return interfere(calls, async () => member.apply(target, args))
        }
      },
    })
  const outside = 'images uploads originals renditions jobs updates settings backfills renderer'.split(' ')
  const wrapped = Object.entries(ports).map(([name, port]) => [
    name,
    outside.includes(name) && typeof port === 'object' && port !== null ? wrap(port) : port,
  ])
  return { ports: Object.fromEntries(wrapped) as P, calls: () => calls }
}

/** Dies at the given call: `before` it has any effect, or `after` it, but before the answer arrives. */
export function mortal<P extends Ports>(ports: P, dieAt: number, when: 'before' | 'after') {
  let dead = false
  return intercepted(ports, async (call, act) => {
    if (dead) throw new Killed()
    if (call === dieAt) {
      dead = true
      if (when === 'after') await act()
      throw new Killed()
    }
    const answer = await act()
    if (dead) throw new Killed()
    return answer
  })
}

/** The given call fails once with the error; what comes after it works again. */
export function failingOnce<P extends Ports>(ports: P, failAt: number, when: 'before' | 'after', error: Error) {
  return intercepted(ports, async (call, act) => {
    if (call === failAt && when === 'before') throw error
    const answer = await act()
    if (call === failAt) throw error
    return answer
  })
}
