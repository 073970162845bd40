import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** Asked before this process is moved: it counts the processors it may use. */
const processors = availableParallelism();

/** Whether the app under load has a processor of its own, apart from load, sink and database. */
export const pinned: boolean = processors > 1 && spawnSync('taskset', ['--version'], { stdio: 'ignore' }).status === 0;

/** The processor apps run on, one under load at a time. */
const APP = '0';

/** Moves the benchmark, and with it all it starts but the apps, off the app's processor. */
export function leaveToApp(): void {
  moveAside(process.pid, ['-a']);
}

/** Moves a thread, or with `-a` a whole process, off the app's processor. */
export function moveAside(id: number, options: readonly string[] = []): void {
  if (!pinned) return;
  const others = `1-${processors - 1}`;
  const { status, stderr } = spawnSync('taskset', [...options, '-c', '-p', others, String(id)], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`taskset: ${stderr}`);
}

/** The command that runs Node on the app's processor. */
export function onApp(args: readonly string[]): [command: string, args: string[]] {
  return pinned ? ['taskset', ['-c', APP, process.execPath, ...args]] : [process.execPath, [...args]];
}
