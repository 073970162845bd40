// A breaker of an application's own, shown by three lines in it; the contract suite calls it.
import { breaker } from '@foreshock/instrumentation-resilience/breaker';

export function open({ url }) {
  const payments = (resetMs) => {
    const shown = breaker('payments');
    let openedAt;
    return async (path) => {
      if (shown.state === 'open') {
        if (performance.now() - openedAt < resetMs) {
          const error = new RangeError('open');
          shown.rejected(error);
          throw error;
        }
        shown.state = 'half_open';
      }
      const response = await shown.call(() => fetch(url + path));
      await response.text();
      if (response.ok) {
        shown.state = 'closed';
        return response.status;
      }
      openedAt = performance.now();
      shown.state = 'open';
      throw new Error(`status ${response.status}`);
    };
  };
  const refusing = payments(3_600_000);
  const answering = payments(3_600_000);
  const opened = refusing('/status/500').catch(() => {});
  return {
    succeed: () => answering('/status/200'),
    fail: () => opened.then(() => refusing('/status/200')),
    saturate: { limit: 5, run: (i) => answering(`/status/200?${i}`) },
    breaker: payments,
    close() {},
  };
}
