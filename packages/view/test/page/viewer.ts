import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const BIN = here('../../../foreshock/dist/bin.js');

/** The incident of examples/checkout, recorded. */
export const CHECKOUT: string = here('../../../explain/test/fixtures/checkout.jsonl.gz');

/** `foreshock view` in a process of its own. */
export interface Viewer {
  url: string;
  /** Sends spans as an exporter does. */
  send(request: object): Promise<void>;
  /** Opens a file as the page does. */
  open(path: string): Promise<void>;
  stop(): Promise<void>;
}

export async function startViewer(): Promise<Viewer> {
  const child = spawn(process.execPath, [BIN, 'view', '--port', '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  process.once('exit', () => child.kill());
  const url = await addressOf(child);
  const post = async (path: string, body: string | Uint8Array<ArrayBuffer>, type: string): Promise<void> => {
    const response = await fetch(url + path, { method: 'POST', headers: { 'content-type': type }, body });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  };
  return {
    url,
    send: (request) => post('/v1/traces', JSON.stringify(request), 'application/json'),
    open: (path) => post('/api/files', new Uint8Array(readFileSync(path)), 'application/octet-stream'),
    async stop() {
      const ended = once(child, 'exit');
      child.kill();
      await ended;
    },
  };
}

async function addressOf(child: ChildProcess): Promise<string> {
  for await (const line of createInterface(child.stdout!)) {
    const [address] = /http:\/\/\S+/.exec(line) ?? [];
    if (address) return address;
  }
  throw new Error('the viewer ended without an address');
}
