export interface Io {
  stdin: AsyncIterable<Buffer>;
  stdout(text: string): void;
  stderr(text: string): void;
  /** Columns of the terminal, 100 by default. */
  width: number;
  color: boolean;
  /** Of a terminal; undefined: no terminal. */
  rows: number | undefined;
  /** Ends the process with 0 at SIGINT. */
  endOnInterrupt(): void;
}

export function processIo(): Io {
  const { stdout, env } = process;
  return {
    get stdin() {
      return process.stdin;
    },
    stdout: (text) => void stdout.write(text),
    stderr: (text) => void process.stderr.write(text),
    get width() {
      return Math.max(60, Math.min(stdout.columns ?? 100, 160));
    },
    get rows() {
      return stdout.isTTY === true ? (stdout.rows ?? 24) : undefined;
    },
    endOnInterrupt: () => void process.once('SIGINT', () => process.exit(0)),
    color: stdout.isTTY === true && !env['NO_COLOR'],
  };
}
