/** The viewer refused or is unreachable; for the reader. */
class RequestFailed extends Error {}

export async function request<T>(path: string, signal?: AbortSignal): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, { signal: signal ?? null, headers: { accept: 'application/json' } });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new RequestFailed('The viewer does not answer. Is `foreshock view` still running?');
  }
  return read(response);
}

export async function sendFile(file: File): Promise<{ spans: number; traces: number; error?: string }> {
  const headers = { 'x-file-name': encodeURIComponent(file.name) };
  let response: Response;
  try {
    response = await fetch('/api/files', { method: 'POST', headers, body: file });
  } catch {
    throw new RequestFailed('The file could not be sent. Is `foreshock view` still running?');
  }
  return read(response);
}

async function read<T>(response: Response): Promise<T> {
  const body: unknown = await response.json().catch(() => undefined);
  if (response.ok && body !== undefined) return body as T;
  const said = (body as { message?: unknown } | undefined)?.message;
  if (typeof said === 'string') throw new RequestFailed(said);
  throw new RequestFailed(
    response.status === 404 ? 'Not found.' : `The viewer answered ${response.status}, which it should not.`,
  );
}
