import { dirname } from 'node:path';
import { manifestIn } from './package-json.ts';

/** Looked at, above the start script. */
const MOST_FOLDERS = 8;

/**
 * `version` of the nearest package.json above the start script, or above the working directory if another package
 * starts it, as pm2 does.
 */
export function serviceVersion(): string | undefined {
  const script = process.argv[1];
  let folder = !script || /[\\/]node_modules[\\/]/.test(script) ? process.cwd() : dirname(script);
  for (let i = 0; i < MOST_FOLDERS; i++) {
    const version: unknown = manifestIn(folder)?.version;
    if (typeof version === 'string' && version !== '') return version;
    const above = dirname(folder);
    if (above === folder) break;
    folder = above;
  }
  return undefined;
}
