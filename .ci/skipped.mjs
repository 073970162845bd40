// What a test run skipped, from its JSON reports: counted, printed by reason, and held against the list beside this
// file. Ends with 1 where a skipped test is not on the list.
import { readFileSync } from 'node:fs';

const listed = readFileSync(new URL('skipped-tests.txt', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line && !line.startsWith('#'));
// A machine's own words, such as where something was looked for, may differ from run to run.
const isListed = (title) =>
  listed.some((line) => (line.endsWith('…') ? title.startsWith(line.slice(0, -1)) : title === line));

const byTitle = new Map();
for (const file of process.argv.slice(2)) {
  for (const { assertionResults } of JSON.parse(readFileSync(file, 'utf8')).testResults) {
    for (const { status, title, ancestorTitles } of assertionResults) {
      if (status === 'passed' || status === 'failed') continue;
      const places = byTitle.get(title) ?? [];
      byTitle.set(title, [...places, ancestorTitles.filter(Boolean).join(' › ')]);
    }
  }
}

let unlisted = 0;
let skipped = 0;
for (const [title, places] of [...byTitle].toSorted(([a], [b]) => a.localeCompare(b))) {
  skipped += places.length;
  const known = isListed(title);
  if (!known) unlisted++;
  console.log(
    `${String(places.length).padStart(4)}  ${title}${known ? '' : `  NOT LISTED in .ci/skipped-tests.txt (${places[0]})`}`,
  );
}
console.log(`${skipped} skipped`);
process.exitCode = unlisted > 0 ? 1 : 0;
