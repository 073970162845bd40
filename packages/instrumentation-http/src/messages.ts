import { context, ROOT_CONTEXT } from '@opentelemetry/api';
import { isSuppressed, messageContext, openerOf, type Telemetry } from '@foreshock/kit';
import { AskedPeer } from './asked-peer.ts';
import type { Asked, HttpEvents, Message, Place, Question } from './events.ts';

/** Messages over connections that last, of libraries that name them. */
export function openMessages(telemetry: Telemetry): Pick<HttpEvents, 'arrived' | 'asking'> {
  function arrived(message: Message): Place {
    if (telemetry.upstreamIsActive) return { context: undefined };
    const link = openerOf(context.active());
    return { context: messageContext(telemetry.tracer, () => ({ ...message, link }), ROOT_CONTEXT) ?? ROOT_CONTEXT };
  }

  function asking(question: Question): Asked | undefined {
    const where = question.caller?.context ?? context.active();
    if (telemetry.upstreamIsActive || isSuppressed(where)) return undefined;
    return new AskedPeer(telemetry, question, where);
  }

  return { arrived, asking };
}
