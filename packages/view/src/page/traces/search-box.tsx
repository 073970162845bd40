import { useEffect, useRef, useState } from 'preact/hooks';
import { SEARCH_INPUT } from '../frame/keys.ts';
import { complete, completionsOf, stillFitting } from './completion.ts';

const EXAMPLES = 'error   duration>500ms   service:orders   http.route=/checkout   pool.wait_ms>100   any text';

interface Props {
  q: string;
  takesFocus: boolean;
  onSearch(q: string): void;
}

export function SearchBox({ q, takesFocus, onSearch }: Props) {
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(q);
  const [found, setFound] = useState<string[]>([]);
  const [chosen, setChosen] = useState(-1);
  const asked = useRef<AbortController>(undefined);

  useEffect(() => {
    if (takesFocus) input.current!.focus();
    return () => asked.current?.abort();
  }, [takesFocus]);

  const close = (): void => {
    asked.current?.abort();
    setFound([]);
    setChosen(-1);
  };
  const typed = async (): Promise<void> => {
    const { value, selectionStart } = input.current!;
    const caret = selectionStart ?? value.length;
    setText(value);
    setChosen(-1);
    // The answer takes a moment: Enter must not take what was found for less text.
    setFound((before) => stillFitting(before, value, caret));
    asked.current?.abort();
    const { signal } = (asked.current = new AbortController());
    const completions = await completionsOf(value, caret, signal).catch(() => []);
    if (!signal.aborted) setFound(completions);
  };
  const take = (completion: string): void => {
    const done = complete(input.current!.value, input.current!.selectionStart ?? 0, completion);
    setText(done.text);
    close();
    // The caret can be set only after the text.
    queueMicrotask(() => {
      input.current!.value = done.text;
      input.current!.focus();
      input.current!.setSelectionRange(done.caret, done.caret);
    });
  };
  const pressed = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && found.length > 0) setChosen(Math.max(-1, Math.min(found.length - 1, chosen + step)));
    else if (event.key === 'Enter' && chosen >= 0) take(found[chosen]!);
    else if (event.key === 'Tab' && found.length > 0 && chosen >= 0) take(found[chosen]!);
    else if (event.key === 'Escape' && found.length > 0) close();
    else return;
    event.preventDefault();
  };
  const submit = (event: Event): void => {
    event.preventDefault();
    close();
    onSearch(input.current!.value.trim());
  };

  return (
    <form class="search" role="search" onSubmit={submit}>
      <input
        ref={input}
        id={SEARCH_INPUT}
        type="search"
        value={text}
        placeholder={EXAMPLES}
        maxLength={2000}
        autocomplete="off"
        spellcheck={false}
        role="combobox"
        list={undefined}
        aria-label="Search traces"
        aria-expanded={found.length > 0}
        aria-controls="completions"
        aria-autocomplete="list"
        aria-activedescendant={chosen >= 0 ? `completion-${chosen}` : undefined}
        onInput={() => void typed()}
        onKeyDown={pressed}
        onBlur={close}
      />
      <button type="submit">Search</button>
      <ul id="completions" role="listbox" aria-label="Completions" hidden={found.length === 0}>
        {found.map((each, i) => (
          <li
            key={each}
            id={`completion-${i}`}
            role="option"
            aria-selected={i === chosen}
            // Before the field loses focus, which closes the list.
            onPointerDown={(event) => {
              event.preventDefault();
              take(each);
            }}
          >
            <bdi>{each}</bdi>
          </li>
        ))}
      </ul>
    </form>
  );
}
