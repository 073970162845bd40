import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { guard, hasLibraryLoaded, log } from '@foreshock/kit';

/** `net.Server` begins to listen (Node's documentation of diagnostics_channel, "TracingChannel Channels"). */
const LISTENING = 'tracing:net.server.listen:asyncEnd';

/** What esbuild, webpack and rollup leave in a bundle that is not minified. */
const MARKS = /\b__commonJS\b|\b__toESM\b|\b__webpack_require__\b|\bwebpackBootstrap\b|\bgetDefaultExportFromCjs\b/;

/** Characters a line, on average: only minifiers write so. */
const MINIFIED_LINE = 400;
const MINIFIED_LEAST = 20_000;
/** Larger files are not read. */
const LARGEST = 64 * 1024 * 1024;

/**
 * Logs one line when an HTTP server begins to listen in an application that is a bundle, and none of the libraries that
 * can be instrumented has loaded: the libraries inside a bundle have no files that could be hooked.
 */
export function logBundledServer(): void {
  const listening = (message: unknown): void => {
    const { server } = message as { server: object };
    // An HTTP server, of either kind, without loading `node:http` to ask.
    if (!('headersTimeout' in server)) return;
    unsubscribe(LISTENING, listening);
    const main = process.argv[1];
    if (hasLibraryLoaded() || main === undefined || !guard('reading the main file', () => isBundle(main))) return;
    log(
      'warn',
      `foreshock: ${basename(main)} is a bundle and no library was loaded beside it: only Node's own HTTP is traced; ` +
        'keep libraries out of the bundle (README of foreshock, "Bundled applications")',
    );
  };
  subscribe(LISTENING, listening);
}

function isBundle(file: string): boolean {
  if (statSync(file).size > LARGEST) return false;
  const text = readFileSync(file, 'utf8');
  if (MARKS.test(text)) return true;
  return text.length > MINIFIED_LEAST && text.length / text.split('\n').length > MINIFIED_LINE;
}
