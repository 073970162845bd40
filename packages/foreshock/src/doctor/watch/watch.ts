import { existsSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { namesPreload } from '../start-options.ts';
import { ThreadWatch } from './thread-watch.ts';

/** `npm start` is a Node process, too. */
const PACKAGE_MANAGER = /[\\/](?:npm|npx|pnpm|pnpx|yarn|yarnpkg|corepack|bun)(?:-cli)?(?:\.[cm]?js)?$/;
/** Untraced without the doctor, too. */
const LOADED_BY_COMMAND = 'loaded-by-command';

/**
 * Runs first in each thread of the application; loads the preload unless the command does.
 *
 * @param own the doctor's part of NODE_OPTIONS
 */
export function watch(directory: string, register: string, own: string): void {
  try {
    if (PACKAGE_MANAGER.test(process.argv[1] ?? '')) return;
    const given = process.env['NODE_OPTIONS'] ?? '';
    const nodeOptions = given.startsWith(own) ? given.slice(own.length).trim() : given;
    const mark = join(directory, LOADED_BY_COMMAND);
    const isOurs = !existsSync(mark) && !namesPreload(process.execArgv, nodeOptions);
    const watched = new ThreadWatch(directory, nodeOptions, isOurs);
    if (isOurs) {
      try {
        createRequire(register)(register);
      } catch (error) {
        watched.preloadFailed(error);
      }
    } else if (!existsSync(mark)) writeFileSync(mark, '');
    watched.save();
  } catch {
    // The application runs unwatched.
  }
}
