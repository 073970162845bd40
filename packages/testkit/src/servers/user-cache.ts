import { homedir } from 'node:os';
import { join } from 'node:path';

/** For what is built or downloaded once: `npm ci` deletes `node_modules`. */
export const USER_CACHE: string = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'foreshock');
