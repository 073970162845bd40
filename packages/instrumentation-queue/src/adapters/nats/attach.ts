import type { Hooks } from '@foreshock/kit';
import type { QueueEvents } from '../../events.ts';
import { observeAnswers, observePulls, observeSubscriptions } from './consumer.ts';
import { Handlings } from './handlings.ts';
import { Producers } from './producer.ts';

/** @param versions of JetStream, where it is a package of its own */
export function attachNats(
  queue: QueueEvents,
  hooks: Hooks,
  { base, jetstream, versions }: { base: string; jetstream: string; versions?: string },
): void {
  const producers = new Producers(queue, hooks);
  const handlings = new Handlings(queue, hooks);
  const of = versions === undefined ? {} : { versions };
  let Subscription: { prototype: Record<'iterate', unknown> };
  hooks.onLoad(`${base}/headers.js`, ({ exports }) => producers.useHeaders(exports.MsgHdrsImpl));
  hooks.onLoad(`${base}/protocol.js`, ({ exports }) => (Subscription = exports.SubscriptionImpl));
  hooks.onLoad(`${base}/nats.js`, ({ exports: { NatsConnectionImpl } }) => {
    // Its socket, pings and reconnects outlive the caller.
    hooks.detach(NatsConnectionImpl, 'connect');
    producers.observeConnection(NatsConnectionImpl.prototype);
    observeSubscriptions(NatsConnectionImpl.prototype, Subscription.prototype, handlings, hooks);
  });
  hooks.onLoad(
    `${jetstream}/jsbaseclient_api.js`,
    ({ exports }) => producers.observeAnswers((exports.BaseApiClientImpl ?? exports.BaseApiClient).prototype),
    of,
  );
  hooks.onLoad(
    `${jetstream}/jsclient.js`,
    ({ exports }) => producers.observeJetStream(exports.JetStreamClientImpl.prototype),
    of,
  );
  hooks.onLoad(
    `${jetstream}/consumer.js`,
    ({ exports: { PullConsumerImpl, PullConsumerMessagesImpl, OrderedPullConsumerImpl: Ordered } }) =>
      observePulls(
        PullConsumerImpl.prototype,
        PullConsumerMessagesImpl.prototype,
        Ordered?.prototype,
        handlings,
        hooks,
      ),
    of,
  );
  hooks.onLoad(
    `${jetstream}/jsmsg.js`,
    ({ exports }) => observeAnswers(exports.JsMsgImpl.prototype, handlings, hooks),
    of,
  );
}
