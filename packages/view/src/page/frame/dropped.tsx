import { useEffect, useState } from 'preact/hooks';
import { sendFile } from '../live/request.ts';
import { address, go } from '../route.ts';
import { count } from '../words/count.ts';
import { printable, shortened } from '../words/attribute.ts';

/** Event of buttons that open files, with the effect of a drop. */
export const OPEN_FILES = 'foreshock:open-files';

/** Accepts files dropped anywhere, and shows the result. */
export function Dropped() {
  const [isOver, setOver] = useState(false);
  const [message, setMessage] = useState<string>();
  useEffect(() => {
    const over = (event: DragEvent): void => {
      if (!event.dataTransfer?.types.includes('Files')) return;
      event.preventDefault();
      setOver(true);
    };
    const left = (event: DragEvent): void => {
      if (event.relatedTarget === null) setOver(false);
    };
    const open = async (files: readonly File[]): Promise<void> => {
      const said: string[] = [];
      for (const file of files) {
        setMessage(`Opening ${nameOf(file)} …`);
        said.push(await opened(file));
      }
      setMessage(said.join(' '));
    };
    const dropped = (event: DragEvent): void => {
      if (!event.dataTransfer?.types.includes('Files')) return;
      event.preventDefault();
      setOver(false);
      void open([...event.dataTransfer.files]);
    };
    const chosen = (event: Event): void => void open((event as CustomEvent<File[]>).detail);
    addEventListener('dragover', over);
    addEventListener('dragleave', left);
    addEventListener('drop', dropped);
    addEventListener(OPEN_FILES, chosen);
    return () => {
      removeEventListener('dragover', over);
      removeEventListener('dragleave', left);
      removeEventListener('drop', dropped);
      removeEventListener(OPEN_FILES, chosen);
    };
  }, []);
  return (
    <>
      {isOver && <div class="drop-here">Drop to open the traces in this file</div>}
      <div role="status" class={message ? 'toast' : 'toast empty'}>
        {message}
        {message && (
          <button type="button" class="plain" aria-label="Close this message" onClick={() => setMessage(undefined)}>
            ✕
          </button>
        )}
      </div>
    </>
  );
}

async function opened(file: File): Promise<string> {
  try {
    const { spans, traces, error } = await sendFile(file);
    if (error) return `${nameOf(file)}: ${error}`;
    if (spans === 0) return `${nameOf(file)}: no spans in it.`;
    go(address(''));
    return `${nameOf(file)}: ${count(spans, 'span')} in ${count(traces, 'trace')}.`;
  } catch (error) {
    return `${nameOf(file)}: ${(error as Error).message}`;
  }
}

function nameOf(file: File): string {
  return printable(shortened(file.name, 60));
}
