import type { Analysis } from '../analyse.ts';
import { nameCause } from '../verdict/name-cause.ts';
import { pathOf } from '../verdict/path.ts';
import type { Place } from '../waits-for/place.ts';
import type { Answer, PlaceName } from './answer.ts';
import { causesOf } from './causes.ts';
import { changesOf } from './changes.ts';
import { coverageOf } from './coverage.ts';
import { cyclesOf } from './cycles.ts';
import { iso } from './figures.ts';
import { impactOf } from './impact.ts';
import { paragraph } from './paragraph.ts';
import { poolsOf } from './pools.ts';
import { retriesOf } from './retries.ts';
import { timeTable } from './time-table.ts';
import { timelineOf } from './timeline.ts';
import { whatIf } from './what-if.ts';

export function buildAnswer(analysis: Analysis, isComparison = false): Answer {
  const { known, classified, ranked } = analysis;
  const { table } = known.whole;
  const { from, to, baseline } = known.window;
  const isHealthy = classified.verdict === 'healthy';
  const causes = isHealthy ? [] : causesOf(analysis);
  const pools = poolsOf(analysis);
  const name = ({ service, resource }: Place): PlaceName => ({
    service: table.strings.text(service),
    ...(resource === 0 ? {} : { resource: table.strings.text(resource) }),
  });
  const answer: Answer = {
    schema: 'foreshock.explain/1',
    verdict: classified.verdict,
    text: '',
    doubts: classified.doubts,
    window: {
      from: iso(from),
      to: iso(to),
      baseline: baseline ? { from: iso(baseline.from), to: iso(baseline.to) } : null,
    },
    coverage: coverageOf(analysis),
    causes,
    path:
      causes.length > 0
        ? pathOf(known, nameCause(known, ranked[0]!).place, ranked[0]!).map((arc) => ({
            from: name(arc.from),
            to: name(arc.to),
            by: arc.by,
          }))
        : [],
    timeline: isHealthy ? [] : timelineOf(analysis, causes, pools),
    impact: isHealthy ? [] : impactOf(analysis),
    whatIf: isHealthy ? [] : whatIf(analysis),
    time: timeTable(analysis),
    pools,
    retries: retriesOf(analysis),
    ...(isComparison ? { changes: changesOf(analysis) } : {}),
    cycles: cyclesOf(analysis),
  };
  return { ...answer, text: paragraph(answer) };
}
