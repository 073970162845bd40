import { senderEnvironment } from './sender-environment.ts';
import { startUnshared } from './sharing.ts';

/** Starts a thread of ours: it has no part in the sender's memory, and only what it needs of the environment. */
export function startOwnThread<T>(start: (env: NodeJS.ProcessEnv) => T): T {
  return startUnshared(() => start(senderEnvironment()));
}
