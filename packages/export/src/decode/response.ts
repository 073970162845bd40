import { MessageReader } from './message-reader.ts';

/** An `ExportTraceServiceResponse`. Never throws. */
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
    // Some backends answer 200 with text.
  }
  return { rejectedSpans: 0, message: '' };
}

/** A `google.rpc.Status`. Never throws. */
export function readRefusal(body: Buffer): string {
  try {
    return readNumberAndText(body).text;
  } catch {
    return '';
  }
}

/** Field 1 is a number, 2 a text. */
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
