// Nest's own Logger as an application uses it; the contract suite calls it.
import { ConsoleLogger } from '@nestjs/common';

/** `LOG [Orders] placed trace_id=…`, of 10 and by default, as the suite reads it; in 11 and later it is JSON by option. */
function parsed(line) {
  if (line.startsWith('{')) return line;
  const fields = Array.from(line.matchAll(/ (\w+)=(\w+)/g), ([, key, value]) => [key, value]);
  return JSON.stringify({ msg: /placed|lost/.exec(line)?.[0], ...Object.fromEntries(fields) });
}

export function open() {
  const lines = [];
  const { stdout, stderr } = process;
  const write = (line) => {
    lines.push(line);
    if (line.includes('lost')) throw new Error('disk full');
    return true;
  };
  for (const stream of [stdout, stderr]) stream.write = write;
  const text = new ConsoleLogger('Orders');
  const json = new ConsoleLogger({ json: true, colors: false });
  return {
    succeed: () => text.log('placed'),
    fail: () => text.error('lost'),
    call: { owner: ConsoleLogger.prototype, method: 'formatMessage' },
    saturate: {
      limit: 1,
      async run(i) {
        await new Promise(setImmediate);
        (i % 2 ? json : text).log('placed');
      },
    },
    lines: () => lines.map(parsed),
    close() {
      for (const stream of [stdout, stderr]) delete stream.write;
    },
  };
}
