import { installed as install, type Installed as App } from '@foreshock/testkit';

/** The pinos the adapter is tested with, by the names they have in this package's devDependencies. */
export const PINOS = ['pino', 'pino-9', 'pino-8', 'pino-8-0'] as const;

/** An application's folder with one version of pino installed in it. */
export interface Installed extends App {
  pino: typeof import('pino').pino;
}

export function installed(alias: (typeof PINOS)[number]): Installed {
  const app = install({ pino: alias });
  return { ...app, pino: app.require('pino') };
}
