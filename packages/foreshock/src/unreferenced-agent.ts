import type * as Http from 'node:http';
import type * as Https from 'node:https';
import type { Socket } from 'node:net';

/**
 * Does not keep the process alive. Reused connections would (lib/_http_agent.js, `reuseSocket`).
 *
 * @param protocol `http:` or `https:`
 * @param tls certificates
 */
export function unreferencedAgent(protocol: string, tls: Pick<Https.AgentOptions, 'ca' | 'cert' | 'key'>): Http.Agent {
  // At the first export: services may have none.
  const { Agent } = (
    protocol === 'http:' ? process.getBuiltinModule('node:http') : process.getBuiltinModule('node:https')
  ) as typeof Https;
  class UnreferencedAgent extends Agent {
    override createConnection(...args: Parameters<Https.Agent['createConnection']>) {
      const connection = super.createConnection(...args);
      (connection as Socket | undefined)?.unref();
      return connection;
    }
  }
  const { ca, cert, key } = tls;
  return new UnreferencedAgent({ keepAlive: false, ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) });
}
