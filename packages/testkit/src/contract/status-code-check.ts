import type { Check } from './check.ts';

export const statusCodeCheck: Check = async (bench) => {
  const { made } = await bench.traced(() => bench.app.fail(), 1);
  const { 'db.response.status_code': code, 'error.type': type } = made[0]?.attributes ?? {};
  if (typeof code !== 'string' || code === '') return [`db.response.status_code is ${String(code)}`];
  return code === type ? [] : [`error.type is ${String(type)}, the server said ${code}`];
};
