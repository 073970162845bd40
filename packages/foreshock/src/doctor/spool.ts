import { accessSync, constants, existsSync, lstatSync } from 'node:fs';
import { dirname } from 'node:path';
import { defaultSpoolDirectory } from '@foreshock/export';
import { whatIsLeft } from '@foreshock/export/recover';
import { readSpoolDirectory } from '../destinations.ts';
import { Env } from '../env.ts';
import { look, ok, type Finding } from './finding.ts';

/** Keeps what killed processes have not sent. */
export function spoolFindings(variables: NodeJS.ProcessEnv): Finding[] {
  const directory = readSpoolDirectory(new Env(variables), defaultSpoolDirectory);
  if (directory === undefined)
    return [look('spool', 'FORESHOCK_SPOOL_DIR is empty: what a killed process has not sent is lost', 'remove it')];
  const cannot = whyUnusable(directory);
  if (cannot !== undefined)
    return [
      look(
        'spool',
        `${directory} ${cannot}: what a killed process has not sent is lost`,
        'name a directory that only this user may write to: FORESHOCK_SPOOL_DIR',
      ),
    ];
  const dead = whatIsLeft(directory).reduce((sum, { processes }) => sum + processes, 0);
  if (dead > 0)
    return [
      look(
        'spool',
        `${dead} killed ${dead === 1 ? 'process has' : 'processes have'} left spans in ${directory}`,
        `the next start of the same service sends them; or now: npx foreshock recover ${directory}`,
      ),
    ];
  return [ok('spool', `${directory}, nothing waits in it`)];
}

function whyUnusable(directory: string): string | undefined {
  try {
    let existing = directory;
    while (!existsSync(existing)) existing = dirname(existing);
    if (!lstatSync(existing).isDirectory()) return 'is not a directory';
    accessSync(existing, constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    return `cannot be written (${(error as NodeJS.ErrnoException).code})`;
  }
}
