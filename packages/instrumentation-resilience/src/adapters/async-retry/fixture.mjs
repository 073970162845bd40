// async-retry as an application uses it; the contract suite calls it.
import retry from 'async-retry';

export function open({ url }) {
  const send = async (path, bail) => {
    const response = await fetch(url + path);
    const body = await response.text();
    if (response.status === 404) return bail(new Error('not found'));
    if (!response.ok) throw new Error(`status ${response.status}`);
    return body;
  };
  const call = (path, retries = 2) => retry((bail) => send(path, bail), { retries, minTimeout: 1, factor: 1 });
  return {
    succeed: () => call('/status/200'),
    fail: () => call('/status/404'),
    saturate: { limit: 5, run: (i) => call(`/status/200?${i}`) },
    retry: { call, once: (path) => call(path, 0) },
    close() {},
  };
}
