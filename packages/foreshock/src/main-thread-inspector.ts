/**
 * Node 22 to 26 abort on `Session.connectToMainThread` without permission (`Agent::ConnectToMainThread` in
 * src/inspector_agent.cc); Electron's threads may lack an inspector.
 */
export function mayReachMainThread(): boolean {
  return process.versions['electron'] === undefined && (!process.permission || process.permission.has('inspector'));
}
