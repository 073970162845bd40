// console as an application uses it; the contract suite calls it.
export function open() {
  const lines = [];
  const { stdout, stderr } = process;
  for (const stream of [stdout, stderr]) stream.write = (line) => lines.push(line) > 0;
  return {
    succeed: () => console.info('placed'),
    // It throws no error of a stream.
    fail() {
      const error = new Error('lost');
      console.error(error);
      throw error;
    },
    call: { owner: console, method: 'info' },
    saturate: {
      limit: 1,
      async run(i) {
        await new Promise(setImmediate);
        console.log('placed', { order: i });
      },
    },
    // Without our option they are text.
    lines: () => lines.filter((line) => line.startsWith('{')),
    close() {
      for (const stream of [stdout, stderr]) delete stream.write;
    },
  };
}
