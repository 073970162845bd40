import { useMemo, useRef } from 'preact/hooks';
import type { Moment, PoolWindows, Report } from '../contract.ts';
import { TraceLinks } from '../frame/trace-link.tsx';
import { Text } from '../frame/text.tsx';
import { useWidth } from '../frame/use-width.ts';
import { duration } from '../words/duration.ts';
import { ago, clock, dateTime, day, zone } from '../words/time.ts';
import { chartOf } from './lanes.ts';
import { Prose } from './prose.tsx';
import { TimelineChart } from './timeline-chart.tsx';

export function Timeline({ report, pools }: { report: Report; pools: PoolWindows | undefined }) {
  const frame = useRef<HTMLDivElement>(null);
  const width = useWidth(frame);
  const chart = useMemo(() => chartOf(report, pools), [report, pools]);
  const first = report.timeline[0];
  return (
    <section aria-labelledby="timeline">
      <h2 id="timeline">Timeline</h2>
      {first && (
        <p class="quiet">
          {day(Date.parse(first.at))}, {zone(Date.parse(first.at))}. A bar around a number is how well its time is known
          (±).
        </p>
      )}
      <div ref={frame} class="timeline-chart">
        {width > 0 && chart.lanes.length > 0 && <TimelineChart chart={chart} width={width} />}
      </div>
      <ol class="moments">
        {report.timeline.map((moment, i) => (
          <MomentLine key={i} moment={moment} isCause={moment.text.startsWith('cause: ')} />
        ))}
      </ol>
    </section>
  );
}

function MomentLine({ moment, isCause }: { moment: Moment; isCause: boolean }) {
  const at = Date.parse(moment.at);
  return (
    <li class={isCause ? 'cause' : ''}>
      <time dateTime={moment.at} title={`${dateTime(at)}, ${ago(at)}`}>
        {clock(at)}
      </time>
      {moment.plusMinusMs > 0 && <span class="quiet"> ± {duration(moment.plusMinusMs)}</span>}{' '}
      <strong>
        <Text of={moment.service} />
      </strong>{' '}
      <Prose text={moment.text} /> {moment.traceIds.length > 0 && <TraceLinks ids={moment.traceIds} />}
    </li>
  );
}
