import type { Io } from './io.ts';

export { processIo, type Io } from './io.ts';
export { parseLength } from './time.ts';

/** `run` resolves to the exit status. */
export interface Subcommand {
  about: string;
  run(args: string[], io: Io): Promise<number>;
}

const SUBCOMMANDS: Record<string, Subcommand> = {
  explain: {
    about: 'says what broke first, and how it spread',
    // A hundred files, which other subcommands start without.
    run: async (args, io) => (await import('./explain.ts')).explain(args, io),
  },
  races: {
    about: 'says where requests on one key, row or message conflict',
    run: async (args, io) => (await import('./races.ts')).races(args, io),
  },
};

/** Runs a subcommand of this package or of `more`; never throws. */
export async function main(args: string[], io: Io, more: Record<string, Subcommand> = {}): Promise<number> {
  const subcommands = { ...SUBCOMMANDS, ...more };
  const [name, ...rest] = args;
  const subcommand = name !== undefined && Object.hasOwn(subcommands, name) ? subcommands[name] : undefined;
  if (!subcommand) {
    const isHelp = name === undefined || name === 'help' || name === '--help' || name === '-h';
    if (isHelp) io.stdout(help(subcommands));
    else io.stderr(`foreshock: there is no subcommand "${name}".\n${help(subcommands)}`);
    return isHelp ? 0 : 2;
  }
  try {
    return await subcommand.run(rest, io);
  } catch (error) {
    io.stderr(`foreshock ${name}: ${(error as Error)?.message ?? error}\n`);
    return 2;
  }
}

function help(subcommands: Record<string, Subcommand>): string {
  const lines = Object.entries(subcommands).map(([name, { about }]) => `  foreshock ${name.padEnd(10)}${about}`);
  return `${lines.join('\n')}\n`;
}
