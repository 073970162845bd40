/** Nothing is replaced so long after the reader last moved something. */
const QUIET_MS = 4000;

let lastMoved = -Infinity;
let pointer = '';
const moved = (): void => void (lastMoved = performance.now());
for (const event of ['pointerdown', 'wheel', 'touchmove', 'keydown']) {
  addEventListener(event, moved, { passive: true, capture: true });
}
// A browser also says so when the page moved under a pointer that did not.
const pointed = ({ screenX, screenY }: PointerEvent): void => {
  const place = `${screenX} ${screenY}`;
  if (pointer !== '' && pointer !== place) moved();
  pointer = place;
};
addEventListener('pointermove', pointed, { passive: true, capture: true });

/** Whether what is on the page must stay where it is: someone reads, selects, types or has scrolled into it. */
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
