import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { STEP_NAMES, type StepName } from '../../../lambdas/shared/contract/steps';
import { STEP_PERMISSIONS } from '../../../lib/permissions/step-permissions';

/** The AWS actions behind each gateway call, by the gateway's name in the handlers and by method. */
const ACTIONS: Record<string, string | readonly string[]> = {
  'iam.user': 'iam:GetUser',
  'iam.tagUser': 'iam:TagUser',
  'iam.accessKeys': 'iam:ListAccessKeys',
  'iam.createAccessKey': 'iam:CreateAccessKey',
  'iam.setStatus': 'iam:UpdateAccessKey',
  'iam.deleteAccessKey': 'iam:DeleteAccessKey',
  'iam.lastUse': 'iam:GetAccessKeyLastUsed',
  'secrets.describe': 'secretsmanager:DescribeSecret',
  'secrets.versions': 'secretsmanager:ListSecretVersionIds',
  'secrets.current': 'current',
  'secrets.intent': 'intents',
  'secrets.version': 'any',
  'secrets.namedVersion': 'any',
  'secrets.versionText': 'any',
  'secrets.put': 'secretsmanager:PutSecretValue',
  'secrets.moveLabel': 'secretsmanager:UpdateSecretVersionStage',
  'executions.describe': 'states:DescribeExecution',
  'executions.moment': ['states:DescribeExecution', 'states:GetExecutionHistory'],
  'executions.newestEvents': 'states:GetExecutionHistory',
  'executions.running': 'states:ListExecutions',
  'executions.started': 'states:DescribeExecution',
  'executions.stop': 'states:StopExecution',
  'alarms.read': 'cloudwatch:DescribeAlarms',
  'alarms.readSince': ['cloudwatch:DescribeAlarms', 'cloudwatch:DescribeAlarmHistory'],
  'functions.exists': 'lambda:GetFunctionConcurrency',
  'auditTrail.creatorOf': 'cloudtrail:LookupEvents',
  'keyEvents.inRegion': 'cloudtrail:LookupEvents',
  'accounts.regions': 'account:ListRegions',
  'attached.quarantine': 'iam:ListAttachedUserPolicies',
};

/** The calls of gateways that a step's code can reach: its bundle, without the gateways and without dead code. */
const callsOf = (step: StepName): readonly string[] => {
  const { outputFiles } = buildSync({
    entryPoints: [join(__dirname, '..', '..', '..', 'lambdas', step, 'handler.ts')],
    bundle: true,
    write: false,
    format: 'esm',
    packages: 'external',
    external: ['../shared/*-gateway', './*-gateway'],
  });
  const code = outputFiles[0]?.text ?? '';
  const calls = code.matchAll(
    /\b(iam|secrets|executions|alarms|functions|auditTrail|keyEvents|accounts|attached)\.(\w+)\(/g,
  );
  return [...new Set([...calls].map(([, gateway, method]) => `${gateway}.${method}`))];
};

// A missing permission shows only in AWS, and an unneeded one shows nowhere: so the table is compared with
// the code.
test.each(STEP_NAMES.map((step) => [step]))(
  '%s may do what its code can call in AWS, and no more',
  (step) => {
    const calls = callsOf(step);
    expect(calls.filter((call) => ACTIONS[call] === undefined)).toEqual([]);

    // A step that reads no secret may call nothing for it.
    const permitted = Object.values(STEP_PERMISSIONS[step])
      .flat()
      .filter((action) => action !== 'none');
    const needed = new Set(calls.flatMap((call) => ACTIONS[call] ?? []));
    // A permission to read any version covers AWSCURRENT and intents.
    if (needed.has('any')) {
      needed.delete('current');
      needed.delete('intents');
    }
    expect([...new Set(permitted)].sort()).toEqual([...needed].sort());
  },
);
