/**
 * Whether a request was meant for this machine. A page whose name its owner points at 127.0.0.1 (DNS rebinding) says its
 * own name here, and must not be answered.
 */
export function isLoopbackHost(host: string | undefined): boolean {
  return host !== undefined && /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i.test(host)
}
