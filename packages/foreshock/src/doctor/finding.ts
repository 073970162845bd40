/** `wrong`: spans are lost, or would be. `look`: may be meant so. */
export type Level = 'wrong' | 'look' | 'ok';

/** A line of the report. */
export interface Finding {
  level: Level;
  /** One word: `node`, `backend`, … */
  about: string;
  text: string;
  /** What to do. */
  todo?: string;
}

export function wrong(about: string, text: string, todo: string): Finding {
  return { level: 'wrong', about, text, todo };
}

export function look(about: string, text: string, todo: string): Finding {
  return { level: 'look', about, text, todo };
}

export function ok(about: string, text: string): Finding {
  return { level: 'ok', about, text };
}
