// What `foreshock explain` and `foreshock races` say of the recorded spans, and how to open them on a page.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const { resolve } = createRequire(import.meta.url);

/**
 * @param {string} spans the file with them
 * @param {{ heading: (text: string) => void, say: (...lines: string[]) => void }} output
 * @param {...string} more lines
 */
export function sayExplained(spans, { heading, say }, ...more) {
  heading('What `foreshock explain` says of it');
  say(answerOf('explain', spans), '');
  say(`  spans  ${spans}`, ...more, `  page   npx foreshock view ${spans}`, '');
}

/** @param {string} spans the file with them */
export function sayRaces(spans, { heading, say }) {
  heading('What `foreshock races` says of it');
  say(answerOf('races', spans), '');
}

/** What a command prints. */
function answerOf(command, spans) {
  const manifest = resolve('foreshock/package.json');
  const { bin } = JSON.parse(readFileSync(manifest, 'utf8'));
  const file = bin && path.join(path.dirname(manifest), typeof bin === 'string' ? bin : bin.foreshock);
  if (!file || !existsSync(file)) return '  It is not built yet: npm run build';
  const { stdout, stderr } = spawnSync(process.execPath, [file, command, spans], { encoding: 'utf8' });
  return `${stdout}${stderr}`.trimEnd();
}
