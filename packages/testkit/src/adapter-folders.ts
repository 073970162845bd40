/* `packages/instrumentation-<room>/src/adapters/<folder>`. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Adapter } from '@foreshock/kit';

export const ROOT: string = fileURLToPath(new URL('../../../', import.meta.url));

const PREFIX = 'instrumentation-';

export interface AdapterFolder {
  room: string;
  folder: string;
  path: string;
  exported: string;
  adapter: Adapter<any>;
}

export function rooms(): string[] {
  return readdirSync(join(ROOT, 'packages'))
    .filter((name) => name.startsWith(PREFIX) && existsSync(join(ROOT, 'packages', name, 'src/adapters')))
    .map((name) => name.slice(PREFIX.length));
}

export function roomPath(room: string): string {
  return join(ROOT, 'packages', PREFIX + room);
}

export function folderNames(room: string): string[] {
  return readdirSync(join(roomPath(room), 'src/adapters'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .toSorted();
}

/** `pgBoss` for `pg-boss`. */
export function exportOf(folder: string): string {
  return folder.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

export async function loadAdapters(): Promise<AdapterFolder[]> {
  const folders = rooms().flatMap((room) => folderNames(room).map((folder) => ({ room, folder })));
  return Promise.all(
    folders.map(async ({ room, folder }) => {
      const path = join(roomPath(room), 'src/adapters', folder);
      const exported = exportOf(folder);
      const module = await import(pathToFileURL(join(path, 'index.ts')).href);
      const adapter: Adapter<any> | undefined = module[exported];
      if (!adapter) throw new Error(`${path}/index.ts exports no adapter named ${exported}`);
      return { room, folder, path, exported, adapter };
    }),
  );
}
