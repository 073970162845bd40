import type { Adapter } from '@foreshock/kit';
import type { QueueEvents } from '../../events.ts';
import { observeAnswers, observePulls, observeSubscriptions } from './consumer.ts';
import { Handlings } from './handlings.ts';
import { Producers } from './producer.ts';

/** nats 2, and its JetStream. */
export const nats: Adapter<QueueEvents> = {
  library: 'nats',
  versions: '>=2.18.0 <3',
  upstream: [],
  shows: ['spans', 'wait', 'parent', 'attempt or hit'],
  summary: 'messages published, requested and handled, in one trace; JetStream: wait, attempt, acks',
  attach(queue, hooks) {
    const producers = new Producers(queue, hooks);
    const handlings = new Handlings(queue, hooks);
    const base = 'nats/lib/nats-base-client';
    const jetstream = 'nats/lib/jetstream';
    hooks.onLoad(`${base}/headers.js`, ({ exports }) => producers.useHeaders(exports.MsgHdrsImpl));
    let Subscription: { prototype: Record<'iterate', unknown> };
    hooks.onLoad(`${base}/protocol.js`, ({ exports }) => (Subscription = exports.SubscriptionImpl));
    hooks.onLoad(`${base}/nats.js`, ({ exports: { NatsConnectionImpl } }) => {
      // Its socket, pings and reconnects outlive the caller.
      hooks.detach(NatsConnectionImpl, 'connect');
      producers.observeConnection(NatsConnectionImpl.prototype);
      observeSubscriptions(NatsConnectionImpl.prototype, Subscription.prototype, handlings, hooks);
    });
    hooks.onLoad(`${jetstream}/jsbaseclient_api.js`, ({ exports }) =>
      producers.observeAnswers((exports.BaseApiClientImpl ?? exports.BaseApiClient).prototype),
    );
    hooks.onLoad(`${jetstream}/jsclient.js`, ({ exports }) =>
      producers.observeJetStream(exports.JetStreamClientImpl.prototype),
    );
    hooks.onLoad(`${jetstream}/consumer.js`, ({ exports }) => {
      const { PullConsumerImpl, PullConsumerMessagesImpl: Messages, OrderedPullConsumerImpl } = exports;
      observePulls(PullConsumerImpl.prototype, Messages.prototype, OrderedPullConsumerImpl.prototype, handlings, hooks);
    });
    hooks.onLoad(`${jetstream}/jsmsg.js`, ({ exports }) =>
      observeAnswers(exports.JsMsgImpl.prototype, handlings, hooks),
    );
  },
};
