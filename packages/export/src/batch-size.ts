/**
 * Spans in a batch, and in a request. The specification's 512 cost the sender thread as much a request: HTTP, messages
 * between threads, marks in the file.
 */
export const MAX_EXPORT_BATCH_SIZE = 2048;
