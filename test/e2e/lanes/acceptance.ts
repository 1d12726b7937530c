import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GetSecretValueCommand, ListSecretsCommand } from '@aws-sdk/client-secrets-manager';
import { NAME_BEGINNING } from '../../../tools/accept/plan';
import type { Part, Rehearsal, RunRecord } from '../../../tools/accept/record';
import { inventory, type Thing } from '../../contract/kinds';
import { readRecord } from '../../contract/record';
import { type Clients, createClients } from '../../contract/subject';
import type { Lane, LaneContext } from '../lane';
import { expectEqual, expectParts } from '../ministack/check';
import { type Cloud, environmentOf, MINISTACK_VERSION, REGION, startCloud } from '../ministack/cloud';
import { DEVIATIONS } from '../ministack/deviations';
import { SHIMS } from '../ministack/shims';
import { createTester } from '../ministack/tester';
import { Cdk } from '../support/cdk';
import { MINISTACK_ACCOUNT, MINISTACK_CREDENTIALS } from '../support/emulators';
import { Problem } from '../support/problem';
import { type Ended, startProgram } from '../support/processes';

const PROJECT = join(__dirname, '..', '..', '..');
const MAIN = join(PROJECT, 'tools', 'accept', 'main.ts');

/** A run deploys, and lanes run side by side. */
const LIMIT_SECONDS = 420;

/** Recorded deviations of a bare ministack that a shim takes away. */
const TAKEN_AWAY: readonly string[] = ['cloudwatch/one-name'];

/** What is known of ministack, in the words of the acceptance run. */
const rehearsalOf = (): Rehearsal => ({
  emulator: `ministack ${MINISTACK_VERSION}`,
  statements: Object.fromEntries(
    Object.entries(readRecord().verdicts.ministack).flatMap(([key, verdict]) =>
      verdict === 'holds' || TAKEN_AWAY.includes(key)
        ? []
        : [[key, typeof verdict === 'string' ? verdict : verdict.deviates]],
    ),
  ),
  // It names the log group of a stack after the stack's path; CloudFormation says <stack>-<logical ID>-<random>.
  logGroupStarts: ['/aws/cloudformation/'],
  deviations: DEVIATIONS.map(({ id, found, consequence }) => ({ id, found, consequence })),
});

/** Where the program runs, and as whom. */
interface Bench extends LaneContext {
  readonly environment: Readonly<Record<string, string>>;
}

/** The program of `npm run accept`, as a process of its own. */
const accept = async (
  { scratch, cleanup, environment }: Bench,
  args: readonly string[],
  onLine?: (line: string, signal: (name: NodeJS.Signals) => void) => void,
): Promise<Ended> => {
  const program = startProgram(
    {
      command: process.execPath,
      args: ['--import', 'tsx', MAIN, ...args],
      env: environment,
      cwd: PROJECT,
      logFile: join(scratch, 'acceptance.log'),
    },
    cleanup,
    (line) => onLine?.(line, program.signal),
  );
  return program.ended;
};

/** Sends a signal to a run as soon as it says this. */
const once =
  (text: string, name: NodeJS.Signals) =>
  (line: string, signal: (name: NodeJS.Signals) => void): void => {
    if (line.includes(text)) signal(name);
  };

/** The document that a run has written. */
const readRun = ({
  stdout,
  stderr,
}: Ended): RunRecord & { readonly verdict: string; readonly said: string } => {
  try {
    return JSON.parse(stdout);
  } catch {
    throw new Problem(`The run wrote no report:\n${stderr}`);
  }
};

const resultsOf = (parts: readonly Part[]): Readonly<Record<string, string>> =>
  Object.fromEntries(parts.map(({ name, result }) => [name, result]));

const namesIn = (things: readonly Thing[]): readonly string[] =>
  things.map(({ what, name }) => `${what} ${name}`).sort();

/** Secret access keys that are in secrets of runs at this moment. */
const materialIn = async ({ secretsManager }: Clients): Promise<readonly string[]> => {
  const { SecretList = [] } = await secretsManager.send(new ListSecretsCommand({}));
  const values = SecretList.filter(({ Name }) => Name?.startsWith(NAME_BEGINNING)).map(async ({ Name }) => {
    const { SecretString = '{}' } = await secretsManager.send(new GetSecretValueCommand({ SecretId: Name }));
    return (JSON.parse(SecretString) as { readonly SecretAccessKey?: string }).SecretAccessKey ?? [];
  });
  // A run that removes its secrets meanwhile is none that is looked at.
  return (await Promise.allSettled(values)).flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
};

const rehearse = async (context: LaneContext, cloud: Cloud): Promise<void> => {
  const { progress, scratch, cleanup } = context;
  const { step, note } = progress;
  const rehearsal = rehearsalOf();
  const knownFile = join(scratch, 'known.json');
  await writeFile(knownFile, JSON.stringify(rehearsal));
  const common = ['--rehearsal', knownFile, '--yes', '--json'];
  const named = ['--account', MINISTACK_ACCOUNT, ...common];
  const clients = createClients({
    name: 'ministack',
    connection: { region: REGION, endpoint: cloud.server.url },
    credentials: MINISTACK_CREDENTIALS,
    accountId: MINISTACK_ACCOUNT,
    patienceSeconds: 0,
    isNotModelled: () => false,
  });
  const everything = async (): Promise<readonly string[]> =>
    namesIn(await inventory(clients, { beginning: '' }));

  const { accessKeyId, secretAccessKey } = await step('Create a user with the policy for testers', () =>
    createTester(cloud, note),
  );
  const environment = {
    ...environmentOf(cloud, scratch),
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
  };
  const bench: Bench = { ...context, environment };
  const untouched = await everything();
  await step('It refuses an account that the CDK was not bootstrapped in, and says the command', async () => {
    const { code, stderr } = await accept(bench, named);
    expectParts('What it says', stderr, [`npx cdk bootstrap aws://${MINISTACK_ACCOUNT}/${REGION}`]);
    expectEqual('Exit status', code, 2);
  });
  await step('It refuses any account but the named one', async () => {
    const { code, stderr } = await accept(bench, ['--account', '999988887777', ...common]);
    expectParts('What it says', stderr, [
      `The credentials are of the account ${MINISTACK_ACCOUNT}, and --account names 999988887777.`,
      'Nothing was created.',
    ]);
    expectEqual('Exit status', code, 2);
    expectEqual('The account after two refusals', await everything(), untouched);
  });

  const cdk = new Cdk({
    stack: '',
    account: MINISTACK_ACCOUNT,
    region: REGION,
    environment: environmentOf(cloud, scratch),
    scratch,
    cleanup,
  });
  await step('cdk bootstrap', () => cdk.bootstrap());
  const before = await everything();
  const reportFile = join(scratch, 'report.md');

  // The others wait until this run has done what needs the processor.
  let deployed = (): void => {};
  const isDeployed = new Promise<void>((resolve) => {
    deployed = resolve;
  });
  const whole = step(
    'A run with all checks holds, and removes everything',
    async () => {
      const looks: Promise<readonly string[]>[] = [];
      const ended = await accept(bench, [...named, '--report', reportFile], (line) => {
        if (line.includes('✓ cdk deploy')) deployed();
        // The old keys are in the secrets, and then the new ones.
        if (/✓ (access-key-rotation (adopt|rollback)|The old key is Inactive)/.test(line)) {
          looks.push(materialIn(clients));
        }
      });
      deployed();
      const run = readRun(ended);
      const failures = run.parts.flatMap(({ name, problem }) => (problem ? [`${name}: ${problem}`] : []));
      expectEqual('What went wrong', failures, []);
      expectEqual('Results', resultsOf(run.parts), {
        contract: 'held',
        preparation: 'held',
        rotation: 'held',
        rollback: 'held',
        emergency: 'held',
        removal: 'held',
      });
      expectEqual('Verdict and exit status', [run.verdict, ended.code], ['accepted', 0]);
      expectEqual('What is left', run.left, []);
      const markdown = await readFile(reportFile, 'utf8');
      expectParts('The report', markdown, [
        `**REHEARSED on ministack ${MINISTACK_VERSION}, which says nothing of AWS`,
        ...DEVIATIONS.map(({ id }) => `- ${id}: `),
        "how long after its use IAM's last-used data showed it",
      ]);
      const material = (await Promise.all(looks)).flat();
      if (new Set(material).size < 6) throw new Problem('Less than two keys of each user were seen.');
      const said = `${ended.stdout}${ended.stderr}${markdown}`;
      expectEqual(
        'Secret access keys in what it says',
        material.filter((one) => said.includes(one)).length,
        0,
      );
      for (const { name, figures } of run.parts) {
        for (const { what, value } of figures) note(`${name}: ${what}: ${value}`);
      }
    },
    LIMIT_SECONDS,
  );

  const interrupted = async (): Promise<void> =>
    step(
      'A run that is interrupted in the middle of a rotation removes everything, too',
      async () => {
        const args = [...named, '--only', 'rotation', '--report', `${reportFile}.2`];
        const ended = await accept(bench, args, once('✓ Start the rotation', 'SIGINT'));
        const run = readRun(ended);
        expectEqual('Verdict and exit status', [run.verdict, ended.code], ['not complete', 1]);
        expectEqual('Results', resultsOf(run.parts), {
          preparation: 'held',
          rotation: 'not run',
          removal: 'held',
        });
        expectEqual('What is left', run.left, []);
        expectParts('What was removed', run.removed.map(({ what, name }) => `${what} ${name}`).join('\n'), [
          'IAM user rotation-acceptance-',
          'secret rotation-acceptance-',
          'state machine arn:',
        ]);
      },
      LIMIT_SECONDS,
    );

  const interruptedEarly = async (): Promise<void> =>
    step(
      'A run that is interrupted before the deployment deploys nothing behind the removal',
      async () => {
        const args = [...named, '--only', 'emergency', '--report', `${reportFile}.3`];
        const ended = await accept(bench, args, once('… cdk synth', 'SIGINT'));
        const run = readRun(ended);
        expectEqual('Results', resultsOf(run.parts), {
          preparation: 'not run',
          emergency: 'not run',
          removal: 'held',
        });
        expectEqual('Whether it deployed', ended.stderr.includes('cdk deploy'), false);
        expectEqual('What is left and exit status', [run.left, ended.code], [[], 1]);
      },
      LIMIT_SECONDS,
    );

  const cleaned = (title: string, id: string): Promise<void> =>
    step(
      title,
      async () => {
        const { code, stdout, stderr } = await accept(bench, [...named, '--clean', id]);
        if (code !== 0) throw new Problem(`It ended with ${code}:\n${stdout}${stderr}`);
        expectParts('What was removed', stdout, [`"name": "rotation-acceptance-${id}-emergency"`]);
      },
      LIMIT_SECONDS,
    );

  const killed = async (): Promise<void> => {
    const id = await step('A run that is killed leaves its users', async () => {
      const ended = await accept(bench, [...named, '--only', 'emergency'], once('… cdk synth', 'SIGKILL'));
      expectEqual('Exit status', ended.code, null);
      return /The run ([0-9a-f]{6}) begins/.exec(ended.stderr)?.[1] ?? '';
    });
    await cleaned('--clean finds what the killed run has left, and removes it', id);
  };

  const kept = async (): Promise<void> => {
    const id = await step('A run with --keep removes nothing, and says what is there', async () => {
      const args = [...named, '--only', 'emergency', '--keep', '--report', `${reportFile}.4`];
      const ended = await accept(bench, args, once('… cdk synth', 'SIGINT'));
      const run = readRun(ended);
      expectEqual('Results', resultsOf(run.parts), { preparation: 'not run', emergency: 'not run' });
      expectEqual(
        'What was removed, what is left, and exit status',
        [run.removed, namesIn(run.left), ended.code],
        [[], [`IAM user rotation-acceptance-${run.id}-emergency`], 1],
      );
      return run.id;
    });
    await cleaned('--clean finds what the run has kept, and removes it', id);
  };
  const outcomes = await Promise.allSettled([
    whole,
    isDeployed.then(interrupted),
    isDeployed.then(killed).then(kept).then(interruptedEarly),
  ]);
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  await step(
    '--clean finds what came late',
    async () => {
      // A function of ministack that still runs writes into a log group that was deleted, which makes the group anew. In AWS its role
      // may not do that.
      const { code, stdout, stderr } = await accept(bench, [...named, '--clean']);
      if (code !== 0) throw new Problem(`It ended with ${code}:\n${stdout}${stderr}`);
      const { removed } = JSON.parse(stdout) as { readonly removed: readonly Thing[] };
      expectEqual(
        'What came late, beside log groups',
        removed.filter(({ what }) => what !== 'log group'),
        [],
      );
    },
    LIMIT_SECONDS,
  );
  expectEqual('The account after all runs', await everything(), before);
};

/** The acceptance run of `npm run accept`, rehearsed. */
export const acceptance: Lane = {
  name: 'acceptance',
  title: 'the acceptance run for a real account, rehearsed on ministack',
  run: async (context) => {
    const { note, step } = context.progress;
    for (const { name } of SHIMS) note(`shim: ${name}`);
    const cloud = await step(`Start ministack ${MINISTACK_VERSION}`, () => startCloud(context));
    try {
      await rehearse(context, cloud);
    } catch (error) {
      note(`the end of ministack's log:\n${cloud.server.logTail()}`);
      throw error;
    }
  },
};
