import type { Cleanup } from '../e2e/support/cleanup';
import type { Progress } from '../e2e/support/progress';
import { guarded } from './guard';
import type { Judge } from './judge';
import type { ServiceTitle, Statement } from './statement';
import { judgeStatement, keyOf, newRunId, type Verdict } from './suite';

/** The verdicts on a service’s statements: `31 hold, 2 deviate, 1 not modelled`. */
const count = (verdicts: readonly Verdict[]): string => {
  const deviating = verdicts.filter((verdict) => typeof verdict !== 'string').length;
  const of = (wanted: Verdict): number => verdicts.filter((verdict) => verdict === wanted).length;
  return [
    `${of('holds')} hold`,
    ...(deviating > 0 ? [`${deviating} deviate`] : []),
    ...(of('not modelled') > 0 ? [`${of('not modelled')} not modelled`] : []),
  ].join(', ');
};

/** How statements are put to a judge. */
export interface Asking {
  readonly judge: Judge;
  readonly statements: readonly Statement[];
  readonly progress: Progress;
  /** Removes what an interrupted statement has created. */
  readonly cleanup: Cleanup;
  /** When aborted, no further statement is put. */
  readonly signal?: AbortSignal | undefined;
  /** In every name. Default: a new one. */
  readonly runId?: string | undefined;
}

/**
 * Puts the statements to a judge, one after the other, and reports each service when it is done. The guard
 * that AWS needs is there for every judge, so that a statement that it would stop is found without AWS.
 */
export const ask = async (asking: Asking): Promise<Record<string, Verdict>> => {
  const { statements, progress, cleanup, signal, runId = newRunId() } = asking;
  const judge = guarded(asking.judge, runId);
  const verdicts: Record<string, Verdict> = {};
  const services = new Set<ServiceTitle>(statements.map(({ service }) => service));
  for (const service of services) {
    const given: Verdict[] = [];
    for (const statement of statements.filter((one) => one.service === service)) {
      signal?.throwIfAborted();
      const verdict = await judgeStatement(judge, statement, runId, cleanup);
      verdicts[keyOf(statement)] = verdict;
      given.push(verdict);
    }
    progress.note(`${judge.name}: ${service}: ${count(given)}`);
  }
  return verdicts;
};
