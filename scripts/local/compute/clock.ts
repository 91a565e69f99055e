const machineDate = Date
let aheadMs = 0

/** Lets this process believe that it is later than it is. Timers take as long as ever. */
export function setClockAhead(ms: number): void {
  aheadMs = ms
  // Nothing is replaced until somebody asks for another time.
  if (ms !== 0 && globalThis.Date === machineDate) globalThis.Date = shiftedDate
}

const now = () => machineDate.now() + aheadMs

const shiftedDate = new Proxy(machineDate, {
  construct: (target, values, newTarget) =>
    Reflect.construct(target, values.length === 0 ? [now()] : values, newTarget),
  apply: () => new machineDate(now()).toString(),
  get: (target, key, receiver) => (key === 'now' ? now : Reflect.get(target, key, receiver)),
})
