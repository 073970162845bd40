import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** Whether the app under load has a processor of its own, apart from load, sink and database. */
export const pinned: boolean =
  availableParallelism() > 1 && spawnSync('taskset', ['--version'], { stdio: 'ignore' }).status === 0;

/** The processor apps run on, one under load at a time. */
const APP = '0';

/** Moves the benchmark, and with it all it starts but the apps, off the app's processor. */
export function leaveToApp(): void {
  if (!pinned) return;
  const others = `1-${availableParallelism() - 1}`;
  const { status, stderr } = spawnSync('taskset', ['-a', '-c', '-p', others, String(process.pid)], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`taskset: ${stderr}`);
}

/** The command that runs Node on the app's processor. */
export function onApp(args: readonly string[]): [command: string, args: string[]] {
  return pinned ? ['taskset', ['-c', APP, process.execPath, ...args]] : [process.execPath, [...args]];
}
