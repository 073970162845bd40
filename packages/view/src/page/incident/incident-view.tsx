import { useEffect } from 'preact/hooks';
import type { Answer, Computing, PoolWindows, Report, StoreStatus } from '../contract.ts';
import { Ready } from '../frame/state.tsx';
import { WindowChoice, windowNow } from '../frame/window-choice.tsx';
import { useLive } from '../live/use-live.ts';
import { withQuery } from '../query.ts';
import { Evidence } from './evidence.tsx';
import { GettingStarted } from './getting-started.tsx';
import { PoolTable, RetryTable, TimeTable, WhatIf, ImpactTable } from './tables.tsx';
import { Timeline } from './timeline.tsx';
import { VerdictText } from './verdict-text.tsx';
import { WhatWasSeen } from './what-was-seen.tsx';

const ASK_AGAIN_MS = 400;

export function IncidentView({ options }: { options: URLSearchParams }) {
  const status = useLive<StoreStatus>('/api/status');
  if (status.data?.spans === 0) return <GettingStarted />;
  return (
    <>
      <div class="tools">
        <WindowChoice path="" options={options} />
      </div>
      <AnswerOf options={options} />
    </>
  );
}

function AnswerOf({ options }: { options: URLSearchParams }) {
  const asked = `${options}`;
  const pathOf = (name: string) => () => withQuery(`/api/${name}`, { ...windowNow(options) });
  const answer = useLive<Answer | Computing>(`/api/answer?${asked}`, pathOf('answer'));
  const pools = useLive<PoolWindows>(`/api/pools?${asked}`, pathOf('pools'));
  const isComputing = answer.data?.computing === true;
  useEffect(() => {
    if (!isComputing || answer.isLoading) return;
    const timer = setTimeout(answer.reload, ASK_AGAIN_MS);
    return () => clearTimeout(timer);
  }, [isComputing, answer.isLoading]);
  return (
    <Ready of={answer}>
      {(data) =>
        // It was computed before the first span arrived.
        data.computing || (answer.isOld && data.report.coverage.requests === 0) ? (
          <p class="quiet" aria-live="polite">
            Looking at the traces …
          </p>
        ) : (
          <Incident answer={data} pools={pools.data} />
        )
      }
    </Ready>
  );
}

function Incident({ answer, pools }: { answer: Answer; pools: PoolWindows | undefined }) {
  const { report } = answer;
  if (report.verdict === 'healthy') return <Healthy answer={answer} />;
  return (
    <>
      <VerdictText answer={answer} />
      <Timeline report={report} pools={pools} />
      <div class="columns">
        <WhatIf report={report} />
        <Evidence report={report} />
      </div>
      <ImpactTable rows={report.impact} />
      <Measured report={report} />
    </>
  );
}

function Healthy({ answer }: { answer: Answer }) {
  return (
    <>
      <VerdictText answer={answer} />
      <Measured report={answer.report} />
    </>
  );
}

function Measured({ report }: { report: Report }) {
  return (
    <>
      <TimeTable rows={report.time} />
      <div class="columns">
        <PoolTable rows={report.pools} />
        <RetryTable rows={report.retries} />
      </div>
      <WhatWasSeen report={report} />
    </>
  );
}
