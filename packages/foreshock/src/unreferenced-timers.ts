// In the metrics.ts bundle: the SDK's exporter would keep the process alive.

export function setTimeout(...args: Parameters<typeof globalThis.setTimeout>): NodeJS.Timeout {
  return globalThis.setTimeout(...args).unref();
}
