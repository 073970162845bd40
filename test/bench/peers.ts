import { installLocked } from '../fixtures/locked-install.ts';

/** Where the tracers to compare with are installed, apart from the project's own dependencies. */
export const peersFolder: URL = new URL('./peers/', import.meta.url);

export function installPeers(): void {
  installLocked(peersFolder);
}
