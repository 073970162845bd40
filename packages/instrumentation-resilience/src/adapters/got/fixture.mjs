// got as an application uses it; the contract suite calls it.
import got from 'got';

export function open({ url }) {
  const client = got.extend({
    prefixUrl: url,
    retry: { limit: 2, calculateDelay: ({ computedValue }) => (computedValue > 0 ? 1 : 0) },
  });
  const call = (path) => client(path.slice(1)).text();
  return {
    succeed: () => call('/status/200'),
    fail: () => call('/status/404'),
    saturate: { limit: 5, run: (i) => call(`/status/200?${i}`) },
    retry: { call, once: (path) => client.post(path.slice(1)).text() },
    close() {},
  };
}
