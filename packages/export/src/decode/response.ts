import { MessageReader } from './message-reader.ts';

/** `ExportTraceServiceResponse`: what a backend says about a request it took in part. Never throws: answers are foreign. */
export function readPartialSuccess(body: Buffer): { rejectedSpans: number; message: string } {
  try {
    const reader = new MessageReader(body);
    for (let field = reader.next(); field !== 0; field = reader.next()) {
      if (field === 1) {
        const { number, text } = readNumberAndText(reader.slice());
        return { rejectedSpans: number, message: text };
      }
      reader.skip();
    }
  } catch {
    // Some backends answer 200 with text: nothing was rejected then.
  }
  return { rejectedSpans: 0, message: '' };
}

/** `google.rpc.Status`: why a backend refused a request. Never throws. */
export function readRefusal(body: Buffer): string {
  try {
    return readNumberAndText(body).text;
  } catch {
    return '';
  }
}

/** Both answers have a number as field 1 and a text as field 2. */
function readNumberAndText(bytes: Buffer): { number: number; text: string } {
  const read = { number: 0, text: '' };
  const reader = new MessageReader(bytes);
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) read.number = reader.number();
    else if (field === 2) read.text = reader.text();
    else reader.skip();
  }
  return read;
}
