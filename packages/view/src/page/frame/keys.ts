import { address, go, parseRoute } from '../route.ts';

export const SEARCH_INPUT = 'search';

/** Lists and waterfall have their own. */
export function listenForKeys(openHelp: () => void): () => void {
  const pressed = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'Escape') (document.activeElement as HTMLElement | null)?.blur();
    if (isTyping(event.target)) return;
    if (event.key === '?') openHelp();
    else if (event.key === '/') focusSearch();
    else return;
    event.preventDefault();
  };
  addEventListener('keydown', pressed);
  return () => removeEventListener('keydown', pressed);
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('input, textarea, select, [contenteditable]') !== null;
}

function focusSearch(): void {
  if (parseRoute(location.hash).view !== 'traces') go(address('traces', { focus: 1 }));
  else document.getElementById(SEARCH_INPUT)?.focus();
}
