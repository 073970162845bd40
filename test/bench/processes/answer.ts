/** What a process of the benchmark can be asked, by {@link Child.ask}. */
export type Answers = Record<string, (details: any) => unknown>;

/** Answers the benchmark over the channel, until it ends. */
export function answer(answers: Answers): void {
  process.on('message', async ({ id, ask, details }: { id: number; ask: string; details: unknown }) => {
    try {
      process.send!({ id, value: await answers[ask]!(details) });
    } catch (error) {
      process.send!({ id, error: String((error as Error).stack) });
    }
  });
  process.on('disconnect', () => process.exit());
}
