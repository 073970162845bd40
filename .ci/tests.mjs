// Runs a test script: `node .ci/tests.mjs SCRIPT FOLDER`. Files that failed run a second time, each alone, if they are
// few. The folder gets vitest's report as SCRIPT.json, the counts as SCRIPT.counts, and what is printed at the end as
// SCRIPT.failed and SCRIPT.flaky.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const MOST_AGAIN = 5;
const LINES_OF_MESSAGE = 15;
const LINES_OF_OUTPUT = 40;
const LONGEST_LINE = 300;
const REPORTER = fileURLToPath(new URL('failures-reporter.mjs', import.meta.url));

const [script, folder] = process.argv.slice(2);
const first = run('first', [`--reporter=json`, `--outputFile.json=${path.join(folder, `${script}.json`)}`]);
const files = [...new Set(first.failures.map(({ file }) => file))];
const failed = [];
const flaky = [];
if (files.length <= MOST_AGAIN && !files.includes('')) {
  for (const [i, file] of files.entries()) {
    console.log(`\n== once more, alone: ${file}`);
    const again = run(`again-${i}`, [file]);
    // A path that begins with the same is run, too.
    const failures = again.failures.filter((each) => each.file === file || each.file === '');
    failed.push(...failures);
    const stays = new Set(failures.map(({ name }) => name));
    flaky.push(...first.failures.filter((each) => each.file === file && !stays.has(each.name)));
  }
} else {
  failed.push(...first.failures);
}
keep('counts', `${first.passed + flaky.length} ${failed.length}\n`);
keep('failed', failed.map(inWords).join(''));
keep('flaky', flaky.map(inWords).join(''));

/** @param {string} name of this run @param {string[]} args */
function run(name, args) {
  const file = path.join(folder, `${script}.${name}`);
  // Without the script before it: it builds, which a step of its own has done.
  const npm = ['run', script, '--ignore-scripts', '--', '--reporter=default'];
  const { status, signal } = spawnSync('npm', [...npm, `--reporter=${REPORTER}`, ...args], {
    stdio: 'inherit',
    env: { ...process.env, FAILURES_FILE: file },
  });
  const found = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { passed: 0, failures: [] };
  if (status !== 0 && found.failures.length === 0) {
    const message = `npm run ${script} ended with ${signal ?? status}, see above`;
    found.failures.push({ file: '', name: 'no test', message, output: '' });
  }
  return found;
}

function inWords({ file, name, message, output }) {
  const printed = output && ['  it printed, at last:', ...lines(output).slice(-LINES_OF_OUTPUT)];
  return [`\n${script}  ${file}  ${name}`, ...lines(message).slice(0, LINES_OF_MESSAGE), ...(printed || []), ''].join(
    '\n',
  );
}

function lines(text) {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => `    ${line.slice(0, LONGEST_LINE)}`);
}

function keep(what, text) {
  writeFileSync(path.join(folder, `${script}.${what}`), text);
}
