// Plays one fault: `npm run demo -- --fault slow-query`. The recorded spans and the truth stay in a folder.
import { sayExplained, sayRaces } from '../explain.mjs';
import { startReceiver } from '../receiver.mjs';
import { showProgress } from '../progress.mjs';
import { startAll } from '../start.mjs';
import { count, milliseconds } from '../text.mjs';
import { FAULT_MS, sendCustomers } from './traffic.mjs';

/** For what is under way when the last customer has gone: jobs, spans. */
const SETTLE_MS = 3_000;
/** For a service to end that is to end by itself, and to be up again. */
const RESTART_LIMIT_MS = 30_000;

/**
 * @param {import('./experiment.mjs').Experiment} experiment
 * @param {object} options
 * @param {import('../processes.mjs').Processes} options.processes
 * @param {object} options.servers that it needs beside Postgres
 * @param {string} [options.collector] where the spans go as well
 * @param {number} options.rate checkouts a second
 * @param {number} options.length multiplies all times
 * @param {(text: string) => void} options.heading
 * @param {(...lines: string[]) => void} options.say
 * @param {(started: object) => void} options.announce
 * @param {(progress: { stop(): void }) => void} options.onProgress
 */
export async function playFault(experiment, options) {
  const { processes, servers, collector, rate, length, heading, say, announce, onProgress } = options;
  const breakerCalls = [];
  const deaths = [];
  const onSpan = ({ name, start, service, attributes, message }) => {
    if (name === 'process.died') deaths.push(`  ${service} died of ${attributes['process.died.cause']}: ${message}`);
    const state = attributes['circuitbreaker.state'];
    if (state) breakerCalls.push({ at: start, state });
  };
  const receiver = await startReceiver(collector, onSpan, experiment.spans);
  heading(`The fault ${experiment.name}: ${experiment.what}`);
  const addresses = await startAll(processes, servers, receiver.url, announce, experiment);

  heading('How long the slowest checkout takes');
  const checkouts = [];
  const progress = showProgress(checkouts, breakerCalls);
  onProgress(progress);
  const { load } = experiment;
  const begin = () => experiment.begin(addresses, FAULT_MS * length, processes);
  await sendCustomers(addresses.gateway, { rate, load, length, begin, onPhase: progress.phase }, checkouts);
  await Promise.race([experiment.restarted(), sleep(RESTART_LIMIT_MS)]);
  await sleep(SETTLE_MS);
  progress.stop();
  // The end of a process delivers what it still has.
  await processes.stop();
  await receiver.forwarded();

  const failed = checkouts.filter((checkout) => checkout.failed);
  const slowest = Math.max(...checkouts.map(({ startedAt, endedAt }) => endedAt - startedAt));
  const truth = experiment.writeTruth({ rate, checkouts: checkouts.length, failed: failed.length });
  heading('What it was');
  const place = truth.resource ? `${truth.resource} of ${truth.service}` : truth.service;
  say(
    `  ${truth.what}${truth.kind ? ` (${truth.kind}, ${place})` : ''}, ${truth.from.slice(11, 23)} to ${truth.to.slice(11, 23)}`,
    `  ${count(checkouts.length, 'checkout')}, ${failed.length} failed, the slowest took ${milliseconds(slowest)}`,
  );
  if (deaths.length > 0) heading('What the next start said of the process before it');
  say(...deaths);
  if (experiment.races) sayRaces(experiment.spans, { heading, say });
  sayExplained(experiment.spans, { heading, say }, `  truth  ${experiment.truth}`);
}

function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
