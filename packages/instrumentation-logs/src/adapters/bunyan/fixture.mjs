// bunyan as an application uses it; the contract suite calls it.
import bunyan from 'bunyan';

export function open() {
  const lines = [];
  const log = bunyan.createLogger({ name: 'shop', stream: { write: (line) => void lines.push(line) } });
  const full = bunyan.createLogger({
    name: 'shop',
    stream: {
      write(line) {
        lines.push(line);
        throw new Error('disk full');
      },
    },
  });
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
