import { isMainThread, workerData, type MessagePort } from 'node:worker_threads';
import { LimitReports } from './limits/limit-reports.ts';
import { MemoryLimitsNear } from './limits/memory-limits-near.ts';
import { SystemLimitsNear } from './limits/system-limits-near.ts';
import { watchLoop, type LoopWatchData } from './loop-watch.ts';
import { ownBatch } from './own-batch.ts';
import { ownSpan, type OwnSpan } from './own-span.ts';
import { listenToSignals, type SignalThreadData } from './signal-thread.ts';
import { Sender, type FromSender, type SenderOptions, type ToSender } from './sender.ts';

// For main threads where threads are forbidden.
export { Sender };

export interface SenderThreadData {
  readonly foreshockSender: {
    readonly options: SenderOptions;
    readonly port: MessagePort;
    /** Counts messages: the main thread can wait without its event loop. */
    readonly signal: Int32Array;
    readonly signals?: SignalThreadData | undefined;
    readonly loopWatch?: LoopWatchData | undefined;
  };
}

const data = isMainThread ? undefined : (workerData as Partial<SenderThreadData> | null)?.foreshockSender;
if (data) {
  const { options, port, signal, signals, loopWatch } = data;
  const post = (message: FromSender): void => {
    port.postMessage(message);
    Atomics.add(signal, 0, 1);
    Atomics.notify(signal, 0);
  };
  const sender = new Sender(options, false, post);
  port.on('message', (message: ToSender) => sender.accept(message));
  process.on('exit', () => post({ type: 'exit' }));
  if (signals) listenToSignals(signals, (ms) => sender.flush(ms));
  if (loopWatch) {
    const deliver = (span: OwnSpan): void => void sender.send(ownBatch(loopWatch.resource, [ownSpan(span)]));
    const limits = new LimitReports(loopWatch, deliver);
    watchLoop(loopWatch, limits, deliver);
    if (options.disk) {
      const memory = new MemoryLimitsNear(limits);
      const system = new SystemLimitsNear(limits, options.disk.base);
      sender.onHeartbeat = (beat) => {
        memory.look(beat);
        system.look();
      };
    }
  }
  post({ type: 'ready' });
}
