// The incident: customers check out at a steady rate while people open a slow report.

const CHECKOUTS_PER_SECOND = 8;
const CALM_MS = 7_000;
/** As many as the pool has connections, all within half a second: payments sees one long pause, then a rush. */
const REPORTS = 5;
const REPORT_EVERY_MS = 100;
const WAIT_LIMIT_MS = 15_000;
const WELL_AGAIN_MS = 250;
const RECOVERY_MS = 6_000;
const SKUS = ['tea', 'cup', 'pot'];

/**
 * @typedef {object} Checkout
 * @property {number} startedAt
 * @property {number | undefined} endedAt undefined while the customer waits
 */

/**
 * Plays the incident against the gateway.
 * @param {string} gateway its address
 * @param {(phase: string) => void} onPhase
 * @param {Checkout[]} checkouts filled as it goes
 * @returns {Promise<void>} when every checkout and report is answered
 */
export async function playIncident(gateway, onPhase, checkouts) {
  const answers = [];
  let failure;
  const failed = (error) => (failure ??= error);
  const customers = setInterval(
    () => answers.push(checkOut(gateway, checkouts).catch(failed)),
    1_000 / CHECKOUTS_PER_SECOND,
  );
  try {
    onPhase('calm');
    await sleep(CALM_MS);

    onPhase('slow report');
    const reports = [];
    for (let i = 0; i < REPORTS; i++) {
      reports.push(get(`${gateway}/report`).catch(failed));
      await sleep(REPORT_EVERY_MS);
    }

    onPhase('callers wait');
    await Promise.all(reports);
    const limit = Date.now() + WAIT_LIMIT_MS;
    while (longestWait(checkouts) > WELL_AGAIN_MS && Date.now() < limit) await sleep(50);

    onPhase('recovery');
    await sleep(RECOVERY_MS);
  } finally {
    clearInterval(customers);
  }
  await Promise.all(answers);
  if (failure) throw failure;
}

/** How long the oldest checkout without an answer has waited, in milliseconds. */
function longestWait(checkouts) {
  const oldest = checkouts.find(({ endedAt }) => endedAt === undefined);
  return oldest ? Date.now() - oldest.startedAt : 0;
}

async function checkOut(gateway, checkouts) {
  const checkout = { startedAt: Date.now(), endedAt: undefined };
  checkouts.push(checkout);
  const sku = SKUS[checkouts.length % SKUS.length];
  await get(`${gateway}/checkout`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ sku }),
  });
  checkout.endedAt = Date.now();
}

async function get(url, init) {
  const answer = await fetch(url, init);
  await answer.arrayBuffer();
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
}

function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
