import type { ComponentChildren } from 'preact';
import { Text } from './text.tsx';
import type { Loaded } from '../live/use-live.ts';

/** Shows loading and errors, else the children. */
export function Ready<T>({ of, children }: { of: Loaded<T>; children(data: T): ComponentChildren }) {
  if (of.data !== undefined) {
    return (
      <>
        {of.error && <Failure of={of} />}
        {of.isOld && <Newer reload={of.reload} />}
        {children(of.data)}
      </>
    );
  }
  if (of.error) return <Failure of={of} />;
  return (
    <p class="quiet" aria-live="polite">
      Loading …
    </p>
  );
}

function Failure({ of }: { of: Loaded<unknown> }) {
  return (
    <p role="alert" class="failure">
      ✕ <Text of={of.error ?? ''} most={500} />{' '}
      <button type="button" onClick={of.reload}>
        Try again
      </button>
    </p>
  );
}

/** The page does not change while it is read; it offers to. */
function Newer({ reload }: { reload(): void }) {
  return (
    <div class="newer" role="status">
      <button type="button" onClick={reload}>
        New data has arrived: update
      </button>
    </div>
  );
}
