// Customers at a steady rate before, during and after a fault. Unlike those of the incident, some are let down.

const CALM_MS = 10_000;
export const FAULT_MS = 10_000;
const RECOVERY_MS = 5_000;
/** What still waits so long after the end is given up. */
const PATIENCE_MS = 15_000;
const SKUS = ['tea', 'cup', 'pot'];

/** @typedef {import('../incident.mjs').Checkout & { failed?: boolean }} Checkout */

/**
 * @param {string} gateway its address
 * @param {object} options
 * @param {number} options.rate checkouts a second
 * @param {number} options.load the rate during the fault and after it, as a multiple
 * @param {number} options.length multiplies all times
 * @param {() => void} options.begin begins the fault
 * @param {(phase: string) => void} options.onPhase
 * @param {Checkout[]} checkouts filled as it goes
 */
export async function sendCustomers(gateway, { rate, load, length, begin, onPhase }, checkouts) {
  const patience = new AbortController();
  const answers = [];
  const customer = () => answers.push(checkOut(gateway, checkouts, patience.signal));
  let customers = setInterval(customer, 1_000 / rate);
  onPhase('calm');
  await sleep(CALM_MS * length);
  clearInterval(customers);
  customers = setInterval(customer, 1_000 / (rate * load));
  begin();
  onPhase('fault');
  await sleep(FAULT_MS * length);
  onPhase('recovery');
  await sleep(RECOVERY_MS * length);
  clearInterval(customers);
  const timer = setTimeout(() => patience.abort(), PATIENCE_MS);
  await Promise.all(answers);
  clearTimeout(timer);
}

async function checkOut(gateway, checkouts, signal) {
  const checkout = { startedAt: Date.now(), endedAt: undefined, failed: false };
  checkouts.push(checkout);
  try {
    const answer = await fetch(`${gateway}/checkout`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ sku: SKUS[checkouts.length % SKUS.length] }),
      signal,
    });
    await answer.arrayBuffer();
    checkout.failed = !answer.ok;
  } catch {
    checkout.failed = true;
  }
  checkout.endedAt = Date.now();
}

function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
