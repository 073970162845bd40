import { senderEnvironment } from './sender-environment.ts';
import { startUnshared } from './sharing.ts';

/** Starts a thread of ours, without the sender's memory and most of the environment. */
export function startOwnThread<T>(start: (env: NodeJS.ProcessEnv) => T): T {
  return startUnshared(() => start(senderEnvironment()));
}
