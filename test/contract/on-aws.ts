import type { Cleanup } from '../e2e/support/cleanup';
import type { Progress } from '../e2e/support/progress';
import { ask } from './ask';
import { type AwsAccess, awsJudge } from './judges/aws';
import type { Statement } from './statement';
import { STATEMENTS } from './statements';
import { keyOf, type Verdicts } from './suite';

/** AWS takes a while to know a key, a role or a rule everywhere. */
const LIMIT_SECONDS = 3_600;

/** How the statements are put to AWS. */
export interface PuttingToAws {
  readonly accountId: string;
  readonly progress: Progress;
  readonly cleanup: Cleanup;
  readonly access: AwsAccess;
  /** Default: all. */
  readonly statements?: readonly Statement[];
  readonly signal?: AbortSignal;
  /** In every name. Default: a new one. */
  readonly runId?: string;
}

/**
 * Puts the statements to AWS itself, in an account in which nothing has the suite’s name yet. Those whose answers take hours are left
 * out, and noted.
 *
 * @returns the verdicts, and the keys of the statements that were left out.
 * @throws Problem that says why it does not begin.
 */
export const putToAws = async ({
  accountId,
  progress,
  cleanup,
  access,
  statements = STATEMENTS,
  signal,
  runId,
}: PuttingToAws): Promise<{ readonly verdicts: Verdicts; readonly leftOut: readonly string[] }> => {
  const judge = await progress.step(`Look around in the account ${accountId}`, () =>
    awsJudge(accountId, access),
  );
  const put = statements.filter(({ notOnAws }) => notOnAws === undefined);
  const leftOut = statements.filter(({ notOnAws }) => notOnAws !== undefined);
  for (const statement of leftOut) {
    progress.note(`Not put to AWS: ${keyOf(statement)}, because ${statement.notOnAws}`);
  }
  const verdicts = await progress.step(
    `Put ${put.length} statements to AWS in ${judge.connection.region}`,
    () => ask({ judge, statements: put, progress, cleanup, signal, runId }),
    LIMIT_SECONDS,
  );
  return { verdicts, leftOut: leftOut.map(keyOf) };
};
