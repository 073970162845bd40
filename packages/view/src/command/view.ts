import type { Io } from '@foreshock/explain/command';

/** `foreshock view`. */
export async function view(_args: string[], io: Io): Promise<number> {
  io.stderr('foreshock view: not yet\n');
  return 2;
}
