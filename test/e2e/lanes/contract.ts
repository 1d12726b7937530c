import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFidelity } from '../../../tools/docs/fidelity';
import { ask } from '../../contract/ask';
import type { Judge } from '../../contract/judge';
import type { AwsAccess } from '../../contract/judges/aws';
import { embeddedJudge } from '../../contract/judges/embedded';
import { startMinistackJudge } from '../../contract/judges/ministack';
import { startMotoJudge } from '../../contract/judges/moto';
import { putToAws } from '../../contract/on-aws';
import { differences, type JudgesRecord, readRecord, writeRecord } from '../../contract/record';
import type { Statement } from '../../contract/statement';
import { STATEMENTS } from '../../contract/statements';
import type { Lane, LaneContext } from '../lane';
import type { Cleanup } from '../support/cleanup';
import type { EmulatorOptions } from '../support/emulators';
import { Problem } from '../support/problem';
import { run } from '../support/processes';
import type { Progress } from '../support/progress';
import { plainEnvironment } from '../support/python';

const RECORD_COMMAND = 'npm run test:e2e -- --only contract --record';

/** The statements have no limits of their own: this ends a judge that hangs. */
const LIMIT_SECONDS = 600;

/** The installed version of a package in the Python environment. */
const versionOf = async ({ python, scratch, cleanup }: LaneContext, name: string): Promise<string> => {
  const code = `import importlib.metadata, sys; sys.stdout.write(importlib.metadata.version("${name}"))`;
  return run(
    {
      command: python.program('python'),
      args: ['-c', code],
      env: plainEnvironment(scratch),
      logFile: join(scratch, 'versions.log'),
    },
    cleanup,
  );
};

/** The present answers of the judges. */
const askAll = async (context: LaneContext): Promise<JudgesRecord> => {
  const { progress, cleanup } = context;
  const put = async (name: string, start: (options: EmulatorOptions) => Judge | Promise<Judge>) => {
    const scratch = join(context.scratch, name);
    await mkdir(scratch);
    const judge = await start({ ...context, scratch });
    return ask({ judge, statements: STATEMENTS, progress, cleanup });
  };
  const [embedded, moto, ministack] = await Promise.all([
    put('embedded', embeddedJudge),
    put('moto', startMotoJudge),
    put('ministack', startMinistackJudge),
  ]);
  const versions = {
    moto: await versionOf(context, 'moto'),
    ministack: await versionOf(context, 'ministack'),
  };
  return { versions, verdicts: { embedded, moto, ministack } };
};

export const contract: Lane = {
  name: 'contract',
  title: 'statements about AWS, put to the embedded AWS, moto and ministack',
  run: async (context) => {
    const { progress, record } = context;
    const now = await progress.step(
      `Put ${STATEMENTS.length} statements about AWS to each of three judges`,
      () => askAll(context),
      LIMIT_SECONDS,
    );
    if (record) {
      writeRecord(now);
      writeFidelity();
      progress.note('Written: test/contract/record.json and docs/fidelity.md');
      return;
    }
    const found = differences(readRecord(), now);
    if (found.length > 0) {
      throw new Problem(
        `The judges do not answer as test/contract/record.json says. If the new answers are right: ${RECORD_COMMAND}\n${found.map((line) => `- ${line}`).join('\n')}`,
      );
    }
  },
};

/**
 * Puts the statements to AWS itself, in an account in which nothing has the suite’s name yet.
 *
 * @throws Problem that says why it does not begin, or which statements do not hold.
 */
export const contractOnAws = async (
  accountId: string,
  progress: Progress,
  cleanup: Cleanup,
  access: AwsAccess = { environment: process.env },
  statements: readonly Statement[] = STATEMENTS,
): Promise<void> => {
  const { verdicts } = await putToAws({ accountId, progress, cleanup, access, statements });
  const deviations = Object.entries(verdicts).flatMap(([key, verdict]) =>
    typeof verdict === 'string' ? [] : [`- ${key}: ${verdict.deviates}`],
  );
  if (deviations.length > 0) throw new Problem(`AWS does otherwise:\n${deviations.join('\n')}`);
};
