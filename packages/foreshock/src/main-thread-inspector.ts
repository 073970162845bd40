/**
 * Whether another thread may reach the main thread by the inspector. Node 22 to 26 abort on `Session.connectToMainThread`
 * where it is not permitted (`Agent::ConnectToMainThread` in src/inspector_agent.cc), and Electron makes threads without
 * an inspector.
 */
export function mayReachMainThread(): boolean {
  return process.versions['electron'] === undefined && (!process.permission || process.permission.has('inspector'));
}
