/** Reports what is being done, one line each, so that a waiting person sees that it goes on. */
export interface Progress {
  /** A fact worth a line of its own. */
  note(text: string): void;
  /**
   * Does a step, and reports its beginning and its end.
   *
   * @param limitSeconds - The step fails if it takes longer than this. Default: 120.
   */
  step<T>(title: string, work: (signal: AbortSignal) => Promise<T>, limitSeconds?: number): Promise<T>;
}

const DEFAULT_LIMIT_SECONDS = 120;

/** The time since the run began, as `2:07`. */
const clock = (sinceMs: number): string => {
  const seconds = Math.floor((Date.now() - sinceMs) / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
};

/** The progress of one lane; every line begins with the time and the lane's name. */
export const createProgress = (
  lane: string,
  startedMs: number,
  write: (line: string) => void,
  onStep: (title: string, ok: boolean, seconds: number) => void = () => {},
): Progress => {
  const tell = (mark: string, text: string): void => {
    const lines = text.split('\n').map((line, index) => (index === 0 ? line : `    ${line}`));
    write(`${clock(startedMs).padStart(5)}  ${lane.padEnd(9)}  ${mark} ${lines.join('\n')}\n`);
  };
  return {
    note: (text) => tell('·', text),
    step: async (title, work, limitSeconds = DEFAULT_LIMIT_SECONDS) => {
      tell('…', title);
      const began = Date.now();
      const seconds = (): number => (Date.now() - began) / 1000;
      const stop = new AbortController();
      let timer: NodeJS.Timeout | undefined;
      const limit = new Promise<never>((_, reject) => {
        timer = setTimeout(() => {
          const error = new Error(`It did not end within ${limitSeconds} s.`);
          stop.abort(error);
          reject(error);
        }, limitSeconds * 1000);
      });
      try {
        const result = await Promise.race([work(stop.signal), limit]);
        tell('✓', `${title} (${seconds().toFixed(1)} s)`);
        onStep(title, true, seconds());
        return result;
      } catch (error) {
        tell('✗', `${title} (${seconds().toFixed(1)} s)`);
        onStep(title, false, seconds());
        throw error;
      } finally {
        clearTimeout(timer);
      }
    },
  };
};
