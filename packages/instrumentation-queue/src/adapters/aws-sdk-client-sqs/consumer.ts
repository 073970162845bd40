import type { Hooks, Runner } from '@foreshock/kit';
import type { QueueEvents } from '../../events.ts';
import { CONTEXT_NAMES } from '../../forwarded-headers.ts';
import { DELAY } from './attributes.ts';
import { onCommand, withInput, type Command } from './command.ts';
import type { MessagesInHand } from './in-hand.ts';
import type { SqsMessage } from './message.ts';

const TEXTS = [...CONTEXT_NAMES, DELAY];
const SYSTEM = ['SentTimestamp', 'ApproximateReceiveCount'];

interface ReceiveInput {
  readonly QueueUrl?: string;
  readonly VisibilityTimeout?: number;
  /** Before 3.585 `AttributeNames`. */
  readonly AttributeNames?: readonly string[];
  readonly MessageSystemAttributeNames?: readonly string[];
  readonly MessageAttributeNames?: readonly string[];
}

interface Receive extends Runner {
  readonly since: number;
  readonly url: string;
  readonly hiddenMs: number | undefined;
  /** The application did not ask for. */
  readonly texts: readonly string[];
  readonly system: readonly string[];
}

interface Handled {
  readonly ReceiptHandle?: string;
  readonly VisibilityTimeout?: number;
}

interface Batch {
  readonly QueueUrl?: string;
  readonly Entries?: readonly (Handled & { readonly Id?: string })[];
}

export function observeReceives(
  inHand: MessagesInHand,
  queue: QueueEvents,
  hooks: Hooks,
  exports: Record<string, any>,
): void {
  const upkeep: Runner = { run: queue.housekeeping };

  onCommand<Receive>(hooks, exports, 'ReceiveMessageCommand', {
    begin(_self, args: [Command<ReceiveInput>, ...unknown[]]) {
      const { input } = args[0];
      if (typeof input?.QueueUrl !== 'string' || queue.isLeftToUpstream) return undefined;
      const key = input.MessageSystemAttributeNames?.length ? 'MessageSystemAttributeNames' : 'AttributeNames';
      const texts = missing(input.MessageAttributeNames, TEXTS);
      const system = missing([...(input.AttributeNames ?? []), ...(input.MessageSystemAttributeNames ?? [])], SYSTEM);
      args[0] = withInput(args[0], {
        ...input,
        ...(texts.length > 0 && { MessageAttributeNames: [...(input.MessageAttributeNames ?? []), ...texts] }),
        ...(system.length > 0 && { [key]: [...(input[key] ?? []), ...system] }),
      });
      const { VisibilityTimeout } = input;
      const hiddenMs = VisibilityTimeout === undefined ? undefined : VisibilityTimeout * 1000;
      return { ...upkeep, since: performance.now(), url: input.QueueUrl, hiddenMs, texts, system };
    },
    within: (receive) => receive,
    succeeded({ url, since, hiddenMs, texts, system }, { output }: { output: { Messages?: SqsMessage[] } }) {
      const { Messages: messages = [] } = output;
      if (messages.length === 0) return;
      try {
        inHand.received(url, messages, since, hiddenMs);
      } finally {
        for (const message of messages) hide(message, texts, system);
      }
    },
  });

  for (const [name, answer] of [
    ['DeleteMessage', (handle: string) => inHand.deleted(handle)],
    ['ChangeMessageVisibility', (handle: string, seconds: unknown) => inHand.hidden(handle, Number(seconds) * 1000)],
  ] as const) {
    onCommand<Handled>(hooks, exports, `${name}Command`, {
      begin: (_self, [{ input }]: [Command<Handled>]) => input,
      within: () => upkeep,
      succeeded: ({ ReceiptHandle, VisibilityTimeout }) => {
        if (ReceiptHandle !== undefined) answer(ReceiptHandle, VisibilityTimeout);
      },
    });
    onCommand<Batch>(hooks, exports, `${name}BatchCommand`, {
      begin: (_self, [{ input }]: [Command<Batch>]) => input,
      within: () => upkeep,
      succeeded({ Entries = [] }, { output }: { output: { Failed?: readonly { Id?: string }[] } }) {
        const failed = new Set(output.Failed?.map(({ Id }) => Id));
        for (const { Id, ReceiptHandle, VisibilityTimeout } of Entries) {
          if (ReceiptHandle !== undefined && !failed.has(Id)) answer(ReceiptHandle, VisibilityTimeout);
        }
      },
    });
  }

  type Named = { readonly QueueUrl?: string; readonly Attributes?: Readonly<Record<string, string>> };
  const told = (input: Named, { output }: { output?: Named }): void =>
    inHand.told(input.QueueUrl ?? output?.QueueUrl, input.Attributes ?? output?.Attributes);
  for (const name of ['CreateQueue', 'SetQueueAttributes', 'GetQueueAttributes']) {
    onCommand<Named>(hooks, exports, `${name}Command`, {
      begin: (_self, [{ input }]: [Command<Named>]) => input,
      succeeded: told,
    });
  }
}

/** `All` and `.*` are all, `trace.*` some. */
function missing(asked: readonly string[] = [], wanted: readonly string[]): string[] {
  const has = (name: string): boolean =>
    asked.some(
      (each) => each === 'All' || each === name || (each.endsWith('.*') && name.startsWith(each.slice(0, -2))),
    );
  return wanted.filter((name) => !has(name));
}

/** As it would be without us. */
function hide(message: SqsMessage, texts: readonly string[], system: readonly string[]): void {
  // Else whoever checks it would refuse the rest.
  if (without(message, 'MessageAttributes', texts)) delete message.MD5OfMessageAttributes;
  without(message, 'Attributes', system);
}

/** @returns whether it had some */
function without(message: SqsMessage, key: 'Attributes' | 'MessageAttributes', names: readonly string[]): boolean {
  const { [key]: given } = message;
  if (!given || !names.some((name) => Object.hasOwn(given, name))) return false;
  const rest = Object.fromEntries(Object.entries(given).filter(([name]) => !names.includes(name)));
  if (Object.keys(rest).length > 0) Object.assign(message, { [key]: rest });
  else delete message[key];
  return true;
}
