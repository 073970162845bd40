// What a test run skipped, from its JSON reports: counted, printed by reason, and held against the list beside this
// file. Ends with 1 where a skipped test is not on the list.
import { readFileSync } from 'node:fs';

const listed = readFileSync(new URL('skipped-tests.txt', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line && !line.startsWith('#'));
const titles = new Set(listed.filter((line) => !line.startsWith('file ')));
const files = listed.flatMap((line) => (line.startsWith('file ') ? [line.split(/\s+/)[1]] : []));

const byTitle = new Map();
for (const file of process.argv.slice(2)) {
  for (const { name, assertionResults } of JSON.parse(readFileSync(file, 'utf8')).testResults) {
    for (const { status, title, ancestorTitles } of assertionResults) {
      if (status === 'passed' || status === 'failed') continue;
      const skips = byTitle.get(title) ?? [];
      const isListed = titles.has(title) || files.some((file) => name.endsWith(file));
      byTitle.set(title, [...skips, { place: ancestorTitles.filter(Boolean).join(' › '), isListed }]);
    }
  }
}

let unlisted = 0;
let skipped = 0;
for (const [title, skips] of [...byTitle].toSorted(([a], [b]) => a.localeCompare(b))) {
  skipped += skips.length;
  const unknown = skips.find(({ isListed }) => !isListed);
  if (unknown) unlisted++;
  const complaint = unknown ? `  NOT LISTED in .ci/skipped-tests.txt (${unknown.place})` : '';
  console.log(`${String(skips.length).padStart(4)}  ${title}${complaint}`);
}
console.log(`${skipped} skipped`);
process.exitCode = unlisted > 0 ? 1 : 0;
