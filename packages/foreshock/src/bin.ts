// Commands that read traces, without the preload.
import { stdout, versions } from 'node:process';

const [major, minor] = versions.node.split('.').map(Number) as [number, number];

if (major < 22 || (major === 22 && minor < 15)) {
  console.error(`foreshock: Node.js ${versions.node} is older than 22.15`);
  process.exitCode = 2;
} else {
  // The pipe is closed.
  stdout.on('error', () => process.exit());
  const { main, processIo } = await import('@foreshock/explain/command');
  process.exitCode = await main(process.argv.slice(2), processIo(), {
    config: {
      about: 'says what differs in the configuration of two environments or deploys',
      run: async (args, io) => (await import('./config-snapshot/command.ts')).config(args, io),
    },
    doctor: {
      about: 'says why spans do not arrive; with a command, what was traced in it',
      run: async (args, io) => {
        try {
          return await (await import('./doctor/doctor.ts')).doctor(args, io);
        } catch (error) {
          if (!/'@opentelemetry\/api'/.test((error as Error).message)) throw error;
          io.stdout('wrong api: @opentelemetry/api is not installed beside foreshock, which cannot start\n');
          io.stdout('      → npm install @opentelemetry/api\n');
          return 1;
        }
      },
    },
    mcp: {
      about: 'lets a coding agent search traces and ask what broke first',
      run: async (args, io) => (await import('./mcp/mcp.ts')).mcp(args, io),
    },
    recover: {
      about: 'sends what processes that were killed have left on disk',
      run: async (args, io) => {
        const { recover } = await import('./recover.ts');
        const code = await recover(args, io.stdout, io.stderr);
        // Kept-alive connections keep the process alive.
        setImmediate(() => process.exit(code));
        return code;
      },
    },
    view: {
      about: 'opens a page on this machine that shows the incident and its traces',
      run: async (args, io) => (await import('@foreshock/view/command')).view(args, io),
    },
  });
}
