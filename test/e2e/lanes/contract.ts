import { embeddedJudge } from '../../contract/judges/embedded';
import { STATEMENTS } from '../../contract/statements';
import { judgeStatement, keyOf } from '../../contract/suite';
import type { Lane } from '../lane';
import type { Cleanup } from '../support/cleanup';
import type { Progress } from '../support/progress';

export const contract: Lane = {
  name: 'contract',
  title: 'statements about AWS, put to the embedded AWS, moto and ministack',
  run: async ({ progress }) => {
    for (const statement of STATEMENTS) {
      const verdict = await judgeStatement(embeddedJudge(), statement);
      progress.note(`${keyOf(statement)}: ${verdict.verdict}`);
    }
  },
};

export const contractOnAws = async (
  _accountId: string,
  _progress: Progress,
  _cleanup: Cleanup,
): Promise<void> => {
  throw new Error('not yet');
};
