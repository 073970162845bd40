// In the bundle of metrics.ts `setTimeout` is this one: the SDK's exporter waits up to 30 s, between tries and for an
// answer, with timers that would keep the process alive.

export function setTimeout(...args: Parameters<typeof globalThis.setTimeout>): NodeJS.Timeout {
  return globalThis.setTimeout(...args).unref();
}
