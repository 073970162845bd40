import type { Io } from '@foreshock/explain/command';
import type { StoreMethods } from '../store/thread.ts';
import type { Thread } from '../threads/thread.ts';

/**
 * Opens files, and all files of folders. A file of a folder that cannot be read is said, and the others are opened.
 *
 * @throws Error with one line if nothing of a path can be read
 */
export async function openPaths(paths: string[], store: Thread<StoreMethods>, io: Io): Promise<void> {
  if (paths.length === 0) return;
  // Most starts have no file to open.
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
