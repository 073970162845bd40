/**
 * Node 22 to 26 abort on `Session.connectToMainThread` without permission (`Agent::ConnectToMainThread` in
 * src/inspector_agent.cc); Electron may lack it.
 */
export function mayReachMainThread(): boolean {
  return process.versions['electron'] === undefined && (!process.permission || process.permission.has('inspector'));
}
