import { deployments, SLACK_MS } from '../waits-for/process-gaps.ts';
import type { Reading } from './named-cause.ts';

/** Of the calls. */
const LEAST_SHARE = 0.6;

/** A service that calls did not reach while a new version took its place. */
export const deployment: Reading = (known, { place, examples }, kind) => {
  if (kind !== 'dependency_unreachable' || place.resource !== 0) return undefined;
  const { table } = known.whole;
  const rows = [...new Set(examples.map(({ met }) => met))];
  for (const { from, to, of, values } of deployments(table, place.service)) {
    const met = rows.filter((row) => table.start[row]! <= to + SLACK_MS && table.end[row]! >= from - SLACK_MS);
    if (met.length < rows.length * LEAST_SHARE) continue;
    return {
      kind,
      place,
      detail: `while ${of === 'version' ? 'version' : 'configuration'} ${values.map((each) => table.strings.text(each)).join(' gave way to ')}`,
    };
  }
  return undefined;
};
