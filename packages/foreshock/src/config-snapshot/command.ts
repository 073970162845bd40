import { readFileSync } from 'node:fs';
import type { Io } from '@foreshock/explain/command';
import { differences } from './differences.ts';
import { askProcess } from './running-process.ts';
import { takeSnapshot, type Snapshot } from './snapshot.ts';

const USAGE = `foreshock config snapshot [--admin URL]
foreshock config diff FILE FILE

snapshot prints, as JSON, the configuration of this folder and environment: Node, the lock file's versions, and the variables
by name, with hashes in the place of values. --admin adds pool limits, time-outs and retries as the libraries of a running
process have them, from its FORESHOCK_ADMIN_PORT, such as http://127.0.0.1:9464.
diff says what differs between two of them. It ends with 0 if nothing does, with 1 if something does, else with 2.
`;

export async function config(args: readonly string[], io: Io): Promise<number> {
  const [what, ...rest] = args;
  try {
    if (what === 'snapshot' && (rest.length === 0 || (rest.length === 2 && rest[0] === '--admin'))) {
      const running = rest.length === 2 ? await askProcess(rest[1]!) : undefined;
      io.stdout(`${JSON.stringify(takeSnapshot(process.env, process.cwd(), running), undefined, 2)}\n`);
      return 0;
    }
    if (what === 'diff' && rest.length === 2) {
      const lines = differences(read(rest[0]!), read(rest[1]!));
      for (const line of lines) io.stdout(`${line}\n`);
      return lines.length > 0 ? 1 : 0;
    }
  } catch (error) {
    io.stderr(`foreshock config: ${(error as Error).message}\n`);
    return 2;
  }
  const isHelp = what === '--help' || what === '-h';
  (isHelp ? io.stdout : io.stderr)(USAGE);
  return isHelp ? 0 : 2;
}

function read(file: string): Snapshot {
  const text = readFileSync(file, 'utf8');
  let found: Partial<Snapshot> | null;
  try {
    found = JSON.parse(text) as Partial<Snapshot> | null;
  } catch {
    found = null;
  }
  const isWhole = [found?.variables, found?.packages].every((part) => typeof part === 'object' && part !== null);
  if (found?.schema !== 'foreshock.config/1' || !isWhole) throw new Error(`${file} is no snapshot of configuration`);
  return found as Snapshot;
}
