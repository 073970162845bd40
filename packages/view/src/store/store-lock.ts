import { rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

/**
 * Two viewers would overwrite each other's traces. A lock of the store itself would keep `foreshock explain FILE` out;
 * the one beside it ends with the process.
 */
export function lockStore(file: string): () => void {
  const name = `${file}-viewer`;
  const lock = new DatabaseSync(name);
  try {
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch {
    lock.close();
    throw new Error('another foreshock view has it open');
  }
  return () => {
    lock.close();
    rmSync(name, { force: true });
  };
}
