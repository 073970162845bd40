import { guard, type Hooks } from '@foreshock/kit';
import type { Carrier, QueueEvents, Send } from '../../events.ts';
import { DELAY, withTraces, type MessageAttributes } from './attributes.ts';
import { failureOf, onCommand, withInput, type Command } from './command.ts';

/** An input, or a batch's entry. */
export interface Entry {
  readonly MessageAttributes?: MessageAttributes | undefined;
  readonly DelaySeconds?: number | undefined;
}

/** One operation of a service. */
export interface SendOperation<Input> {
  readonly system: string;
  /** Such as `SendMessage`. */
  readonly name: string;
  destination(input: Input): string | undefined;
  body(entry: Entry): unknown;
  /** Where `input` is a batch. */
  readonly entries?: string;
}

interface Batch {
  readonly Failed?: readonly { readonly Code?: string; readonly Message?: string }[];
  readonly MessageId?: string;
}

export function observeSends(
  queue: QueueEvents,
  hooks: Hooks,
  exports: Record<string, any>,
  operations: readonly SendOperation<any>[],
): void {
  for (const operation of operations) {
    const { system, name, entries } = operation;
    onCommand<{ send: Send; count: number }>(hooks, exports, `${name}Command`, {
      begin(_self, args: [Command<any>, ...unknown[]]) {
        const { input } = args[0];
        const destination = operation.destination(input);
        const messages: readonly Entry[] = entries ? input[entries] : [input];
        if (destination === undefined || !Array.isArray(messages)) return undefined;
        const send = queue.send({ system, destination, operation: name, count: messages.length });
        if (!send) return undefined;
        const { carrier } = send;
        if (carrier) guard(name, () => addTraces(args, operation, destination, messages, carrier));
        return { send, count: messages.length };
      },
      within: ({ send }) => send,
      succeeded: ({ send, count }, { output }: { output: Batch }) => ended(send, count, output),
      failed: ({ send }, error) => send.failed(failureOf(error)),
    });
  }
}

function addTraces(
  args: [Command<any>, ...unknown[]],
  { entries, body }: SendOperation<unknown>,
  destination: string,
  messages: readonly Entry[],
  carrier: Carrier,
): void {
  const outgoing = messages.map((entry) => ({
    body: body(entry),
    attributes: entry.MessageAttributes,
    carrier: entry.DelaySeconds ? { ...carrier, [DELAY]: String(entry.DelaySeconds * 1000) } : carrier,
  }));
  const traced = withTraces(outgoing, destination);
  if (!traced) return;
  const all = messages.map((entry, i) => ({ ...entry, MessageAttributes: traced[i] }));
  args[0] = withInput(args[0], entries ? { ...args[0].input, [entries]: all } : all[0]);
}

/** Of a batch some may have failed. */
function ended(send: Send, count: number, { Failed = [], MessageId }: Batch): void {
  const [failed] = Failed;
  if (failed && Failed.length === count) send.failed({ code: failed.Code, message: failed.Message });
  else send.sent(count - Failed.length, MessageId);
}
