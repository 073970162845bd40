import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { guard, hasLibraryLoaded, log } from '@foreshock/kit';
import { BUNDLED } from '@foreshock/kit/module-hook';

/** `net.Server` listens (Node's diagnostics_channel docs, "TracingChannel Channels"). */
const LISTENING = 'tracing:net.server.listen:asyncEnd';

/** Of esbuild, webpack, rollup, unminified. */
const MARKS = /\b__commonJS\b|\b__toESM\b|\b__webpack_require__\b|\bwebpackBootstrap\b|\bgetDefaultExportFromCjs\b/;

/** Average characters per minified line. */
const MINIFIED_LINE = 400;
const MINIFIED_LEAST = 20_000;
/** Read limit, in bytes. */
const LARGEST = 64 * 1024 * 1024;

/** Logs once when a bundle without supported libraries listens: they have no files to hook. */
export function logBundledServer(): void {
  const listening = (message: unknown): void => {
    const { server } = message as { server: object };
    // HTTP or HTTPS, without loading `node:http`.
    if (!('headersTimeout' in server)) return;
    unsubscribe(LISTENING, listening);
    const main = process.argv[1];
    if (hasLibraryLoaded() || main === undefined || !guard('reading the main file', () => isBundle(main))) return;
    log(
      'warn',
      `foreshock: ${basename(main)} is a bundle and no library was loaded beside it: only Node's own HTTP is traced; ` +
        'build it with foreshock/bundler, or keep libraries out of it (README of foreshock, "Bundled applications")',
    );
  };
  subscribe(LISTENING, listening);
}

/** A bundle in which libraries are not seen. */
export function isBundle(file: string): boolean {
  if (statSync(file).size > LARGEST) return false;
  const text = readFileSync(file, 'utf8');
  if (text.includes(BUNDLED)) return false;
  if (MARKS.test(text)) return true;
  return text.length > MINIFIED_LEAST && text.length / text.split('\n').length > MINIFIED_LINE;
}
