// winston as an application uses it; the contract suite calls it.
import { Writable } from 'node:stream';
import winston from 'winston';

/** A transport of winston 3 is a stream, one of winston 2 has a name and `log`. */
function transport(write) {
  if (winston.createLogger) return new winston.transports.Stream({ stream: new Writable({ write }) });
  const memory = new winston.Transport({ level: 'info' });
  memory.name = 'memory';
  memory.log = (level, message, meta, done) => {
    write(JSON.stringify({ level, message, ...meta }), 'utf8', (error) => done(error ?? null, true));
  };
  return memory;
}

function logger(write) {
  const options = { transports: [transport(write)] };
  return winston.createLogger ? winston.createLogger(options) : new winston.Logger(options);
}

export function open() {
  const lines = [];
  const log = logger((line, _encoding, done) => {
    lines.push(String(line));
    done();
  });
  const full = logger((line) => {
    lines.push(String(line));
    throw new Error('disk full');
  });
  return {
    succeed: () => log.info('placed', { order: 42 }),
    fail: () => full.error('lost'),
    saturate: {
      limit: 1,
      async run(i) {
        await new Promise(setImmediate);
        log.info('placed', { order: i });
      },
    },
    lines: () => lines,
    close() {},
  };
}
