import type { Io } from '@foreshock/explain/command';
import { isAddress } from '@foreshock/explain/sources';
import { VERSION } from '@foreshock/kit';
import { explainTool } from './explain-tool.ts';
import { INVALID_PARAMS, RpcError, serve, type Params } from './json-rpc.ts';
import { redacted } from './redact.ts';
import { searchTool } from './search-tool.ts';
import { Sources } from './sources.ts';
import { checkParams, type Tool } from './tool.ts';
import { traceTool } from './trace-tool.ts';

const USAGE = `foreshock mcp [SOURCE…]

A Model Context Protocol server on standard input and output: tools search, trace and explain for a coding agent.
SOURCE     as for foreshock explain: a Jaeger, a Zipkin, a foreshock view or its store, files or folders of OTLP;
           none: the foreshock view on this machine, else the Jaeger
`;

const PROTOCOLS = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'];
const MOST_CHARACTERS = 16_000;
const WITHOUT_SOURCE =
  '. This server was started without a source: start `npx foreshock view` and send traces to it, or name a source: foreshock mcp traces.jsonl';
const INSTRUCTIONS =
  'Traces of services. Begin with explain, which says what broke first with trace IDs; look at those with trace; find others with search.';

export async function mcp(args: string[], io: Io): Promise<number> {
  if (args.some((each) => each.startsWith('-'))) {
    const isHelp = args[0] === '--help' || args[0] === '-h';
    (isHelp ? io.stdout : io.stderr)(USAGE);
    return isHelp ? 0 : 2;
  }
  const sources = new Sources(args);
  const made = [searchTool(sources), traceTool(sources), explainTool(sources)];
  const inTurn = turns();
  const tools = new Map(made.map((tool) => [tool.name, tool]));
  io.stderr(
    `foreshock mcp: tools search, trace and explain over ${args.map(named).join(', ') || 'this machine’s traces'}\n`,
  );
  await serve(io.stdin, io.stdout, {
    initialize: ({ protocolVersion }) => ({
      protocolVersion: PROTOCOLS.find((each) => each === protocolVersion) ?? PROTOCOLS[0],
      capabilities: { tools: {} },
      serverInfo: { name: 'foreshock', version: VERSION },
      instructions: INSTRUCTIONS,
    }),
    ping: () => ({}),
    'tools/list': () => ({
      tools: [...tools.values()].map(({ name, description, inputSchema }) => ({
        name,
        description,
        inputSchema,
        annotations: { readOnlyHint: true, openWorldHint: false },
      })),
    }),
    'tools/call': ({ name, arguments: given }, signal) =>
      inTurn(signal, () => call(tools.get(String(name)), name, given, args.length === 0 ? WITHOUT_SOURCE : '')),
  });
  return 0;
}

/** One tool at a time: each may read all traces, and closes what another has opened. A cancelled one does not begin. */
function turns(): (signal: AbortSignal, run: () => Promise<object>) => Promise<object | undefined> {
  let before: Promise<unknown> = Promise.resolve();
  return (signal, run) => {
    const mine = before.then(() => (signal.aborted ? undefined : run()));
    before = mine.catch(() => {});
    return mine;
  };
}

async function call(tool: Tool | undefined, name: unknown, given: unknown, advice: string): Promise<object> {
  if (!tool) throw new RpcError(INVALID_PARAMS, `there is no tool ${String(name).slice(0, 100)}`);
  const params = (given ?? {}) as Params;
  try {
    // The model can correct it.
    checkParams(tool, params);
    return textResult(await tool.run(params), false);
  } catch (error) {
    return textResult(`${redacted((error as Error)?.message ?? String(error))}${advice}`, true);
  }
}

function textResult(text: string, isError: boolean): object {
  const cut = text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}\n… cut` : text;
  return { content: [{ type: 'text', text: cut }], isError };
}

/** Without user and password. */
function named(source: string): string {
  return isAddress(source) && URL.canParse(source) ? new URL(source).origin : source;
}
