import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { rawExchange } from './raw-http.ts';
import { BIN, request, sharedViewer, span, startViewer } from './viewer.ts';

const shared = sharedViewer();

describe('who may ask', () => {
  it.each([
    ['a name that was made to point here', (port: number) => ({ host: `evil.example:${port}` }), 403],
    ['no name', () => ({ host: '' }), 403],
    ['another port', () => ({ host: '127.0.0.1:1' }), 403],
    ['localhost', (port: number) => ({ host: `localhost:${port}` }), 200],
    ['IPv6', (port: number) => ({ host: `[::1]:${port}` }), 200],
    ['our page', (port: number) => ({ host: `localhost:${port}`, origin: `http://localhost:${port}` }), 200],
    ['a page of another origin', (port: number) => ({ host: `localhost:${port}`, origin: 'http://evil.example' }), 403],
    ['a sandboxed page', (port: number) => ({ host: `localhost:${port}`, origin: 'null' }), 403],
    ['another program here', (port: number) => ({ host: `localhost:${port}`, origin: 'http://localhost:3000' }), 403],
    ['an image elsewhere', (port: number) => ({ host: `localhost:${port}`, 'sec-fetch-site': 'cross-site' }), 403],
  ])('%s', async (_, headersOf, status) => {
    const viewer = shared();
    const before = await viewer.api('status');
    const body = request([span(before.spans + 1, 1)]);
    const headers = Object.entries(headersOf(viewer.port)).map(([name, value]) => `${name}: ${value}\r\n`);
    const rest = `content-type: application/json\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    const sent = await rawExchange(viewer.port, `POST /v1/traces HTTP/1.1\r\n${headers.join('')}${rest}`);
    expect(Number(sent.split(' ')[1])).toBe(status);
    const page = await rawExchange(viewer.port, `GET / HTTP/1.1\r\n${headers.join('')}connection: close\r\n\r\n`);
    expect(Number(page.split(' ')[1])).toBe(status);
    expect(sent).not.toMatch(/access-control/i);
    expect(await viewer.api('status')).toMatchObject({ spans: before.spans + (status === 200 ? 1 : 0) });
  });

  it('is the page, without a script or style of its own text', async () => {
    const viewer = shared();
    const page = await fetch(viewer.url);
    expect(page.headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; script-src 'self'; style-src 'self';/,
    );
    expect(page.headers.get('x-content-type-options')).toBe('nosniff');
    const html = await page.text();
    expect(html).not.toMatch(/<style|<script>|\son\w+=|style=/);
    for (const [, path] of html.matchAll(/(?:src|href)="([^"]+)"/g)) {
      const asset = await fetch(new URL(path!, viewer.url));
      expect(asset.status).toBe(200);
      await asset.body?.cancel();
    }
  });

  it.each(['/../package.json', '/assets/..%2f..%2fpackage.json', '/assets/../../package.json', '/assets/', '/nothing'])(
    'nobody asks for %s',
    async (path) => {
      const viewer = shared();
      const head = `GET ${path} HTTP/1.1\r\nhost: localhost:${viewer.port}\r\nconnection: close\r\n\r\n`;
      expect(await rawExchange(viewer.port, head)).toMatch(/^HTTP\/1.1 404 /);
    },
  );
});

describe('the command', () => {
  const run = (...args: string[]) => spawnSync(process.execPath, [BIN, 'view', ...args], { encoding: 'utf8' });

  it('says in one line that the port is in use', async () => {
    const viewer = shared();
    expect(run('--port', String(viewer.port))).toMatchObject({
      status: 1,
      stdout: '',
      stderr: `foreshock view: port ${viewer.port} is in use; choose another with --port\n`,
    });
  });

  it.each([
    [['--port', 'x'], 2, '--port x: no port'],
    [['--limit', '1'], 2, '--limit 1: a size such as 256MiB, from 8MiB on'],
    [['--limit-spans', '-1'], 2, '--limit-spans'],
    [['--nonsense'], 2, "Unknown option '--nonsense'"],
    [['--port', '0', 'no-such-file'], 1, 'no-such-file: no such file'],
    [['--port', '0', '--store', tmpdir()], 1, `${tmpdir()}: unable to open database file`],
    [['--port', '0', '--store', ''], 2, '--store: no file is named'],
    [['--port', '0', '--store', BIN], 1, 'bin.js: file is not a database'],
  ])('%s: one line', (args, status, line) => {
    const ended = run(...args);
    expect(ended).toMatchObject({ status, stdout: '', stderr: expect.stringContaining(line) });
    expect(ended.stderr.trimEnd()).toMatch(/^foreshock view: [^\n]+$/);
  });

  it('ends by itself at a signal, and says nothing on standard error', async () => {
    const viewer = await startViewer();
    expect(await viewer.stop('SIGINT')).toBe('');
    expect(viewer.child.exitCode).toBe(0);
  });
});
