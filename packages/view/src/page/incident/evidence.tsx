import type { Report } from '../contract.ts';
import { TraceLinks } from '../frame/trace-link.tsx';
import { Prose } from './prose.tsx';

export function Evidence({ report }: { report: Report }) {
  const others = report.causes.slice(1);
  const { blindSpots } = report.coverage;
  return (
    <section aria-labelledby="evidence">
      <h2 id="evidence">What speaks against it</h2>
      {report.doubts.length + others.length + blindSpots.length === 0 && (
        <p class="quiet">No other cause was found, and nothing that could not be seen.</p>
      )}
      <ul>
        {report.doubts.map((doubt) => (
          <li key={doubt}>
            <Prose text={doubt} />
          </li>
        ))}
        {others.map((cause) => (
          <li key={cause.rank}>
            Another cause: <Prose text={cause.text} /> <TraceLinks ids={cause.traceIds} />
          </li>
        ))}
        {blindSpots.map((spot) => (
          <li key={spot}>
            Not seen: <Prose text={spot} />
          </li>
        ))}
      </ul>
    </section>
  );
}
