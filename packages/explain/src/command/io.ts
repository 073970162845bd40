export interface Io {
  stdin: AsyncIterable<Buffer>;
  stdout(text: string): void;
  stderr(text: string): void;
  /** Columns of the terminal, 100 by default. */
  width: number;
  color: boolean;
}

export function processIo(): Io {
  const { stdout, env } = process;
  return {
    get stdin() {
      return process.stdin;
    },
    stdout: (text) => void stdout.write(text),
    stderr: (text) => void process.stderr.write(text),
    width: Math.max(60, Math.min(stdout.columns ?? 100, 160)),
    color: stdout.isTTY === true && !env['NO_COLOR'],
  };
}
