import { randomUUID } from 'node:crypto';
import type { Cleanup } from '../e2e/support/cleanup';
import { Deviation } from './deviation';
import type { Judge } from './judge';
import { answerOf, type Statement } from './statement';
import { NotModelled, openSubject } from './subject';

/** The verdict of a judge on a statement. */
export type Verdict = 'holds' | 'not modelled' | { readonly deviates: string };

/** The verdicts of a judge, by the statements' keys. */
export type Verdicts = Readonly<Record<string, Verdict>>;

/** A statement's name among all of them. */
export const keyOf = ({ service, id }: Pick<Statement, 'service' | 'id'>): string =>
  `${service.toLowerCase().replaceAll(' ', '-')}/${id}`;

/** Distinguishes the names of one run from those of another. */
export const newRunId = (): string => randomUUID().slice(0, 6);

const verdictOf = (error: unknown): Verdict | undefined => {
  if (error instanceof NotModelled) return 'not modelled';
  if (error instanceof Deviation) return { deviates: error.message };
  // A call that only prepares the statement, or looks at the result, and is refused.
  const answer = answerOf(error);
  const { operation = 'a call' } = error as { readonly operation?: string };
  return answer === undefined ? undefined : { deviates: `${operation} is refused with ${answer}` };
};

/**
 * Puts one statement to a judge. What it created there is removed again.
 *
 * @param cleanup - Does so too, if the process is stopped half way.
 */
export const judgeStatement = async (
  judge: Judge,
  statement: Statement,
  runId: string = newRunId(),
  cleanup?: Cleanup,
): Promise<Verdict> => {
  const subject = openSubject(judge, runId);
  cleanup?.add(`what ${keyOf(statement)} made`, () => subject.close());
  try {
    await statement.check(subject);
    return 'holds';
  } catch (error) {
    const verdict = verdictOf(error);
    if (verdict !== undefined) return verdict;
    throw new Error(`${keyOf(statement)}, put to ${judge.name}: ${(error as Error).message}`, {
      cause: error,
    });
  } finally {
    await subject.close();
  }
};
