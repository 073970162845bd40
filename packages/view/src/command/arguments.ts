import { parseArgs } from 'node:util';

export interface ViewArguments {
  files: string[];
  port: number;
  store: string | undefined;
  limitBytes: number;
  limitSpans: number;
  help: boolean;
}

const UNITS: Record<string, number> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };
const LEAST_BYTES = 8 * 1024 ** 2;

/** @throws Error with one line about what is wrong */
export function readArguments(args: string[]): ViewArguments {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      port: { type: 'string', default: '4318' },
      store: { type: 'string' },
      limit: { type: 'string', default: '256MiB' },
      'limit-spans': { type: 'string', default: '1000000' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const port = Number(values.port);
  if (!/^\d+$/.test(values.port) || port > 65_535) throw new Error(`--port ${values.port}: no port`);
  if (values.store === '') throw new Error('--store: no file is named');
  const [, number, unit] = /^(\d+(?:\.\d+)?)\s*([kmg]?)(?:i?b)?$/i.exec(values.limit) ?? [];
  const limitBytes = Math.floor(Number(number) * UNITS[(unit ?? '').toLowerCase()]!);
  if (!(limitBytes >= LEAST_BYTES)) throw new Error(`--limit ${values.limit}: a size such as 256MiB, from 8MiB on`);
  const limitSpans = Number(values['limit-spans']);
  if (!(Number.isSafeInteger(limitSpans) && limitSpans >= 1_000))
    throw new Error(`--limit-spans ${values['limit-spans']}: a number from 1000 on`);
  return { files: positionals, port, store: values.store, limitBytes, limitSpans, help: values.help };
}
