/**
 * Calls a function of the main thread by the inspector: at once, also in a loop or `Atomics.wait`, but not in native
 * code. Without an inspector domain nothing is deoptimised and no microtask runs early (`Agent::ConnectToMainThread` in
 * src/inspector_agent.cc; Node 22 to 26).
 *
 * @param name of `globalThis[Symbol.for(name)]`
 * @param answered gets its result
 * @returns ends the session
 * @throws without an inspector
 */
export function callMainThread(name: string, answered: (value: unknown) => void): () => void {
  const { Session } = process.getBuiltinModule('node:inspector');
  const session = new Session();
  session.connectToMainThread();
  const expression = `globalThis[Symbol.for(${JSON.stringify(name)})]?.()`;
  session.post('Runtime.evaluate', { expression, returnByValue: true }, (_, answer) =>
    answered((answer as { result?: { value?: unknown } } | undefined)?.result?.value),
  );
  return () => session.disconnect();
}
