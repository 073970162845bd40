/** What `fn` leaves unhandled, instead of the test run's failing of it. */
export async function unhandledRejections(fn: () => Promise<unknown>): Promise<unknown[]> {
  const usual = process.listeners('unhandledRejection');
  const seen: unknown[] = [];
  process.removeAllListeners('unhandledRejection');
  process.on('unhandledRejection', (reason) => void seen.push(reason));
  try {
    await fn();
    // Node reports them once the microtasks of a turn are done.
    await new Promise((resolve) => setImmediate(resolve));
  } finally {
    process.removeAllListeners('unhandledRejection');
    for (const listener of usual) process.on('unhandledRejection', listener);
  }
  return seen;
}
