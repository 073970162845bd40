import type { Answer, Verdict } from '../contract.ts';
import { TraceLinks } from '../frame/trace-link.tsx';
import { Prose } from './prose.tsx';

const CLASSES: Record<Verdict, { sign: string; word: string; means: string }> = {
  shown: {
    sign: '●',
    word: 'Shown',
    means: 'waits, calls or errors in the traces tie the cause to at least 80 % of the slow and failed requests',
  },
  likely: { sign: '◐', word: 'Likely', means: 'times agree, and the cause stands out' },
  unclear: {
    sign: '○',
    word: 'Unclear',
    means: 'two causes explain about as much, or there is too little to compare with',
  },
  healthy: { sign: '✓', word: 'Healthy', means: 'nothing became slower or failed more often' },
};

export function VerdictText({ answer }: { answer: Answer }) {
  const { report, paragraph, pinned } = answer;
  const { sign, word, means } = CLASSES[report.verdict];
  const [first = report.text, ...rest] = paragraph;
  const cause = report.causes[0];
  // The action is shown by itself below.
  const others = rest.filter((sentence) => sentence !== cause?.action);
  return (
    <section class={`verdict ${report.verdict}`} aria-labelledby="verdict">
      <p class="class">
        <strong>
          <span aria-hidden="true">{sign}</span> {word}
        </strong>
        : {means}
      </p>
      <h1 id="verdict">
        <Prose text={first} />
      </h1>
      {others.length > 0 && (
        <p>
          {others.map((sentence, i) => (
            <span key={i}>
              <Prose text={sentence} />{' '}
            </span>
          ))}
        </p>
      )}
      {cause && (
        <p class="action">
          <strong>What to do</strong> <Prose text={cause.action} />
        </p>
      )}
      {cause && cause.traceIds.length > 0 && (
        <p>
          Traces to look at: <TraceLinks ids={cause.traceIds} />
        </p>
      )}
      {pinned.length > 0 && <SaveIncident traceIds={pinned} />}
    </section>
  );
}

/** Addresses have a limited length. */
const MOST_IN_ADDRESS = 100;

function SaveIncident({ traceIds }: { traceIds: string[] }) {
  const query = traceIds.slice(0, MOST_IN_ADDRESS).map((id) => `traceId=${id}`);
  return (
    <p>
      <a class="button" download href={`/api/export?${query.join('&')}`}>
        Save the traces of this incident
      </a>
    </p>
  );
}
