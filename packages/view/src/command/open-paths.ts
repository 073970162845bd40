import type { Io } from '@foreshock/explain/command';
import type { StoreMethods } from '../store/thread.ts';
import type { Thread } from '../threads/thread.ts';

/**
 * Opens files, and folders' files, of which unreadable ones are said.
 *
 * @throws Error with one line if nothing of a path is readable
 */
export async function openPaths(paths: string[], store: Thread<StoreMethods>, io: Io): Promise<void> {
  if (paths.length === 0) return;
  // Mostly there is none.
  const { filesOf } = await import('@foreshock/explain/sources');
  for (const path of paths) {
    const names = await filesOf(path).catch((error: Error) => {
      throw new Error(`${path}: ${error.message}`);
    });
    const failed: string[] = [];
    for (const name of names ?? [path]) {
      const { error } = await store.call('file', [name]);
      if (error !== undefined) failed.push(`${name}: ${error}`);
    }
    if (failed.length === (names?.length ?? 1)) throw new Error(failed[0]);
    for (const line of failed) io.stderr(`foreshock view: ${line}\n`);
  }
}
