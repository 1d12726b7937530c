import { randomUUID } from 'node:crypto';
import type { Judge } from './judge';
import { Deviation, type Statement } from './statement';
import { NotModelled, openSubject } from './subject';

/** What a judge says of a statement. */
export type Verdict =
  | { readonly verdict: 'holds' }
  | { readonly verdict: 'deviates'; readonly how: string }
  | { readonly verdict: 'not modelled' };

/** The verdicts of a judge, by the statements' keys. */
export type Verdicts = Readonly<Record<string, Verdict>>;

/** A statement's name among all of them. */
export const keyOf = ({ service, id }: Pick<Statement, 'service' | 'id'>): string =>
  `${service.toLowerCase().replaceAll(' ', '-')}/${id}`;

/** Puts one statement to a judge. What it made there is removed again. */
export const judgeStatement = async (
  judge: Judge,
  statement: Statement,
  runId: string = randomUUID().slice(0, 6),
): Promise<Verdict> => {
  const subject = openSubject(judge, runId);
  try {
    await statement.check(subject);
    return { verdict: 'holds' };
  } catch (error) {
    if (error instanceof NotModelled) return { verdict: 'not modelled' };
    if (error instanceof Deviation) return { verdict: 'deviates', how: error.message };
    throw new Error(`${keyOf(statement)}, put to ${judge.name}: ${(error as Error).message}`, {
      cause: error,
    });
  } finally {
    await subject.cleanup.run();
  }
};
