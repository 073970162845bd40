// pino as an application uses it; the contract suite calls it.
import { pino } from 'pino';

export function open() {
  const lines = [];
  const log = pino({}, { write: (line) => void lines.push(line) });
  const full = pino(
    {},
    {
      write(line) {
        lines.push(line);
        throw new Error('disk full');
      },
    },
  );
  return {
    succeed: () => log.info({ order: 42 }, 'placed'),
    fail: () => full.error('lost'),
    saturate: {
      limit: 1,
      async run(i) {
        await new Promise(setImmediate);
        log.child({ order: i }).info('placed');
      },
    },
    lines: () => lines,
    close() {},
  };
}
