import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PLACES } from '../../support/everything';
import { lintArguments, lintFindings } from '../judges/cfn-lint';
import { type PolicyTemplate, policiesOf } from '../judges/policies';
import { CFN_LINT, CLOUDSPLAINING, NAG } from '../judges/reasons';
import type { Synthesized } from '../judges/synthesis';
import { type Finding, type Reason, report, verdictsOn } from '../judges/verdict';
import type { Lane, LaneContext } from '../lane';
import { Problem } from '../support/problem';
import { run } from '../support/processes';
import { plainEnvironment } from '../support/python';

const REGIONS = PLACES.map(({ region }) => region);

/** They compute for ten seconds each, on a core that other lanes want, too. */
const LIMIT_SECONDS = 600;

const TEST = join(__dirname, '..');
const PROJECT = join(TEST, '..', '..');

const readTemplate = (file: string): PolicyTemplate => JSON.parse(readFileSync(file, 'utf8'));

/** The templates' files, and what cdk-nag has found while they were made. */
const synthesize = async ({ cleanup, scratch }: LaneContext): Promise<Synthesized> =>
  JSON.parse(
    await run(
      {
        command: process.execPath,
        args: ['--import', 'tsx', join(TEST, 'judges', 'synthesis.ts'), scratch],
        cwd: PROJECT,
        env: plainEnvironment(scratch),
        logFile: join(scratch, 'synthesis.log'),
      },
      cleanup,
    ),
  );

const lint = async (
  { cleanup, python, scratch }: LaneContext,
  templates: readonly string[],
): Promise<readonly Finding[]> => {
  const types = new Map(
    templates.flatMap((file) =>
      Object.entries(readTemplate(file).Resources).map(([id, { Type }]) => [id, Type] as const),
    ),
  );
  const output = await run(
    {
      command: python.program('cfn-lint'),
      args: lintArguments(REGIONS, templates),
      env: plainEnvironment(scratch),
      logFile: join(scratch, 'cfn-lint.log'),
    },
    cleanup,
  );
  return lintFindings(output, (id) => types.get(id));
};

const judgePolicies = async (
  { cleanup, python, scratch }: LaneContext,
  templates: readonly string[],
): Promise<readonly Finding[]> => {
  const file = join(scratch, 'policies.json');
  writeFileSync(file, JSON.stringify(templates.flatMap((template) => policiesOf(readTemplate(template)))));
  const output = await run(
    {
      command: python.program('python'),
      args: [join(TEST, 'python', 'judge_policies.py'), file],
      env: plainEnvironment(scratch),
      logFile: join(scratch, 'policies.log'),
    },
    cleanup,
  );
  return (JSON.parse(output) as readonly Pick<Finding, 'rule' | 'on'>[]).map((found) => ({
    ...found,
    says: 'cloudsplaining gives no further words',
  }));
};

export const judges: Lane = {
  name: 'judges',
  title: 'the templates, judged by cfn-lint, cdk-nag and cloudsplaining',
  run: async (context) => {
    const { progress } = context;
    const { templates, nag } = await progress.step(
      'Synthesize the example, and stacks with everything in three partitions; let cdk-nag judge them',
      () => synthesize(context),
      LIMIT_SECONDS,
    );
    const linted = await progress.step(
      `Let cfn-lint judge ${templates.length} templates`,
      () => lint(context, templates),
      LIMIT_SECONDS,
    );
    const policies = await progress.step(
      'Let cloudsplaining judge the permissions in them',
      () => judgePolicies(context, templates),
      LIMIT_SECONDS,
    );
    const judged: readonly [string, readonly Finding[], readonly Reason[]][] = [
      ['cfn-lint', linted, CFN_LINT],
      ['cdk-nag', nag, NAG],
      ['cloudsplaining', policies, CLOUDSPLAINING],
    ];
    const open = judged.filter(([judge, findings, reasons]) => {
      const verdicts = verdictsOn(findings, reasons);
      progress.note(report(judge, verdicts));
      return verdicts.some(({ verdict }) => verdict !== 'explained');
    });
    if (open.length > 0) {
      throw new Problem(
        `Not in order: ${open.map(([judge]) => judge).join(', ')}. Mend what was found, or give it a reason in test/e2e/judges/reasons.ts; take out a reason that nothing needs any more.`,
      );
    }
  },
};
