import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { Refusal } from './refusal.ts';

/** The built page, also when run from sources. */
const FOLDER = new URL('../../dist/page/', import.meta.url);

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

const files = new Map<string, Promise<Buffer>>();

export async function pageFile(name: string): Promise<{ body: Buffer; type: string }> {
  const type = TYPES[extname(name)];
  if (!type || !/^[\w-]+(?:\.[\w-]+)+$/.test(name)) throw new Refusal(404, 'no such file');
  let body = files.get(name);
  if (!body) {
    body = readFile(new URL(name, FOLDER));
    files.set(name, body);
    body.catch(() => files.delete(name));
  }
  return {
    type,
    body: await body.catch(() => {
      throw new Refusal(404, 'no such file');
    }),
  };
}
