import { createInterface } from 'node:readline/promises';

/**
 * Asks a person, who may also say nothing: with Ctrl-C, or with the end of the input. That is no answer, and not the end of the process,
 * which would look like success.
 *
 * @param output - Where the question is shown.
 * @returns the answer; empty when there is none.
 */
export const askAt = (
  question: string,
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
): Promise<string> =>
  new Promise((resolve, reject) => {
    const lines = createInterface({ input, output });
    lines.once('close', () => resolve(''));
    lines.once('SIGINT', () => lines.close());
    lines.question(question).then((answer) => {
      resolve(answer);
      lines.close();
    }, reject);
  });
