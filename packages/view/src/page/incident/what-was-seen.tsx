import type { Report } from '../contract.ts';
import { Text } from '../frame/text.tsx';
import { count } from '../words/count.ts';
import { dateTime } from '../words/time.ts';
import { Prose } from './prose.tsx';

export function WhatWasSeen({ report }: { report: Report }) {
  const { coverage, window } = report;
  const period = ({ from, to }: { from: string; to: string }): string =>
    `${dateTime(Date.parse(from))} to ${dateTime(Date.parse(to))}`;
  return (
    <section aria-labelledby="seen">
      <h2 id="seen">What was seen</h2>
      <ul>
        <li>
          {count(coverage.requests, 'request')} in {count(coverage.traces, 'trace')} and {count(coverage.spans, 'span')}{' '}
          of <Text of={coverage.services.join(', ') || 'no service'} most={1000} />
          {coverage.sampled && '; the traces are a sample'}
        </li>
        <li>Looked at: {period(window)}</li>
        <li>{window.baseline ? `Compared with: ${period(window.baseline)}` : 'Nothing before it to compare with.'}</li>
        {report.verdict === 'healthy' &&
          [...report.doubts, ...coverage.blindSpots].map((text) => (
            <li key={text}>
              <Prose text={text} />
            </li>
          ))}
        {report.cycles.map((cycle) => (
          <li key={cycle.join()}>
            ⟳ Services that call each other in a circle:{' '}
            <a href="#/graph">
              <Text of={cycle.join(', ')} />
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}
