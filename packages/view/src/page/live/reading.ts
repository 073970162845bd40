/** Input is not disturbed so soon. */
const QUIET_MS = 4000;

let lastMoved = -Infinity;
let pointer = '';
const moved = (): void => void (lastMoved = performance.now());
for (const event of ['pointerdown', 'wheel', 'touchmove', 'keydown']) {
  addEventListener(event, moved, { passive: true, capture: true });
}
// Browsers also report a move when the page itself moves.
const pointed = ({ screenX, screenY }: PointerEvent): void => {
  const place = `${screenX} ${screenY}`;
  if (pointer !== '' && pointer !== place) moved();
  pointer = place;
};
addEventListener('pointermove', pointed, { passive: true, capture: true });

/** Whether the reader reads, selects, types or has scrolled: the content must stay. */
export function isReading(): boolean {
  const focused = document.activeElement;
  const isInside = focused !== null && focused !== document.body && document.querySelector('main')?.contains(focused);
  return (
    performance.now() - lastMoved < QUIET_MS ||
    scrollY > 8 ||
    Boolean(isInside) ||
    (getSelection()?.isCollapsed === false && getSelection()!.toString() !== '')
  );
}
