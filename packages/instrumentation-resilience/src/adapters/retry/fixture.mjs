// retry as an application uses it; the contract suite calls it.
import retry from 'retry';

export function open({ url }) {
  const send = async (path) => {
    const response = await fetch(url + path);
    const body = await response.text();
    if (!response.ok) throw Object.assign(new Error(`status ${response.status}`), { status: response.status });
    return body;
  };
  const call = (path, retries = 2) =>
    new Promise((resolve, reject) => {
      const operation = retry.operation({ retries, minTimeout: 1, factor: 1 });
      operation.attempt(() =>
        send(path).then(
          (body) => {
            operation.retry();
            resolve(body);
          },
          (error) => {
            if (error.status === 404 || !operation.retry(error)) reject(error);
          },
        ),
      );
    });
  return {
    succeed: () => call('/status/200'),
    fail: () => call('/status/404'),
    saturate: { limit: 5, run: (i) => call(`/status/200?${i}`) },
    retry: { call, once: (path) => call(path, 0) },
    close() {},
  };
}
