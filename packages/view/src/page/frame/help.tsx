import { useEffect, useRef } from 'preact/hooks';

const KEYS: [string, string][] = [
  ['/', 'search'],
  ['↑ ↓', 'move in a list or in the waterfall; Home, End, Page Up and Page Down too'],
  ['Enter', 'open the trace, or the details of the span'],
  ['← →', 'close or open the children of a span; ← on a closed one goes to its parent'],
  ['h', 'in the waterfall: go to the trace that held what the span waited for'],
  ['+ − 0', 'in the waterfall: show less time, more, all'],
  ['Escape', 'leave what has the focus, close what is open'],
  ['?', 'this list'],
];

export function Help({ onClose }: { onClose(): void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} onClose={onClose} aria-labelledby="help-title">
      <h2 id="help-title">Keys</h2>
      <dl class="keys">
        {KEYS.map(([key, does]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <h2>Files</h2>
      <p>Drop a file of traces anywhere on the page to open it: OTLP, Zipkin or Jaeger JSON, gzipped or not.</p>
      <form method="dialog">
        <button type="submit">Close</button>
      </form>
    </dialog>
  );
}
