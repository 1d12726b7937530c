import assert from 'node:assert/strict';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { IAMClient } from '@aws-sdk/client-iam';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { createDeployedWorld, type DeployedWorld } from '../../../local/deployment/deployed-world';
import { type SynthesizedApp, synthesize } from '../../../local/deployment/synthesized-app';
import { TemplateResolver } from '../../../local/deployment/template';
import type { Execution } from '../../../local/engine/execution';
import { connectTo } from '../../../local/world/endpoint';
import type { OnTheWay } from '../../../local/world/endpoint-aws';
import { enrolledUsers } from '../../../local/world/scene';
import {
  actionsByRole,
  type Grant,
  grantKey,
  grantsOf,
  type ResourceStatement,
  shortRole,
  withoutGrant,
} from '../../support/grants';
import { MotoRoles } from './moto-roles';
import { probeRoles } from './probes';
import { SCENARIOS, type Scenario, USER_SETTINGS } from './scenarios';
import { Witness } from './witness';

// A process of its own, because the virtual clock takes over the timers of a whole process:
//
//   node --import tsx test/e2e/moto/play.ts URL
//
// prints a line of JSON for each scenario, and one for what was granted and what was called.

/** What became of a grant here. Whether it is needed, test/least-privilege says. */
interface Verdict extends Grant {
  readonly judgedBy: 'moto' | 'the embedded AWS';
  /** The scenario that first called it; undefined if none did. */
  readonly calledIn: string | undefined;
}

/** A line of the output. */
export type Line =
  | { readonly kind: 'note'; readonly text: string }
  | {
      readonly kind: 'result';
      readonly scenarios: readonly string[];
      readonly verdicts: readonly Verdict[];
      readonly resourceStatements: readonly ResourceStatement[];
      /** Calls under roles that moto has judged in scenarios. */
      readonly judged: number;
      /** Calls that it has refused after their action was removed. */
      readonly denied: number;
      /** Calls of each action by each role. */
      readonly probed: number;
      readonly problems: readonly string[];
    };

const REGION = 'us-east-1';

/** A Monday morning. */
const START = new Date(Date.UTC(2026, 2, 2, 9));

/** The reader of the secret. It is not in the template. */
const CONSUMER = 'consumer';

const INVOKE = 'lambda:InvokeFunction';

const print = (line: Line): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

const playScenario = async (
  app: SynthesizedApp,
  url: string,
  roles: MotoRoles,
  { title, key, play, onTheWay }: Scenario,
  witness: Witness,
): Promise<void> => {
  const endpoint = await connectTo(url, roles.owner);
  const [user] = enrolledUsers([USER_SETTINGS]);
  if (user === undefined) throw new Error('One user was given, so one is enrolled.');
  const settings = { region: REGION, endpoint: url, credentials: roles.owner };
  const watch = witness.watch(title, roles);
  // A scenario's effect on a call comes first: a call that never arrives is not judged.
  let happens: OnTheWay = (_call, proceed) => proceed();
  const world = await createDeployedWorld(app, [user], {
    start: START,
    ...(key && { key }),
    endpoint: {
      ...endpoint,
      sessionOf: (role) => roles.sessionOf(role),
      onTheWay: (call, proceed) => happens(call, () => watch(call, proceed)),
    },
  });
  try {
    const stage = {
      world,
      url,
      user,
      iam: new IAMClient(settings),
      secrets: new SecretsManagerClient(settings),
      alarms: new CloudWatchClient(settings),
    };
    if (onTheWay !== undefined) happens = onTheWay(stage);
    await world.run(() => play(stage));
  } finally {
    await world.close();
  }
};

/**
 * A grant that is needed and that moto cannot judge: the local engine runs functions and starts executions
 * itself, and asks the embedded AWS whether the state machine's role may.
 *
 * @param start - Starts something that cannot go on without the grant.
 * @param expected - How that ends.
 * @throws if it goes on without the grant.
 */
const expectNeed = async (
  app: SynthesizedApp,
  grant: Grant,
  start: (world: DeployedWorld, userName: string) => Execution,
  expected: string,
): Promise<void> => {
  const [user] = enrolledUsers([USER_SETTINGS]);
  if (user === undefined) throw new Error('One user was given, so one is enrolled.');
  const template = withoutGrant(app.template, grant);
  const world = await createDeployedWorld({ ...app, template }, [user], { start: START });
  try {
    const execution = start(world, user.userName);
    const { error } = await world.run(execution.result);
    assert.equal(error, expected);
    assert.match(JSON.stringify(execution.history), new RegExp(`not authorized to perform: ${grant.action}`));
  } finally {
    await world.close();
  }
};

const main = async (url: string): Promise<void> => {
  const app = await synthesize({ users: [USER_SETTINGS] });
  try {
    const { accountId } = await connectTo(url);
    const resolver = new TemplateResolver(app.template, {
      stackName: app.stackName,
      accountId,
      region: REGION,
    });
    const { grants, resourceStatements } = grantsOf(app.template, resolver);
    const actions = actionsByRole(grants);
    const withConsumer = new Map([...actions, [CONSUMER, ['secretsmanager:GetSecretValue']] as const]);
    const witness = new Witness(url, [CONSUMER]);
    const problems: string[] = [];
    const attempt = async (title: string, work: () => Promise<string>): Promise<void> => {
      const began = Date.now();
      try {
        const text = await work();
        print({ kind: 'note', text: `${title}: ${text} (${((Date.now() - began) / 1000).toFixed(1)} s)` });
      } catch (error) {
        problems.push(`${title}: ${(error as Error).message}`);
      }
    };

    for (const scenario of SCENARIOS) {
      await attempt(scenario.title, async () => {
        const before = witness.judged;
        await playScenario(app, url, await MotoRoles.create(url, withConsumer), scenario, witness);
        return `${witness.judged - before} calls judged`;
      });
    }
    for (const { role, action, scenario } of witness.refused) {
      problems.push(`moto refuses ${action} to ${shortRole(role)}, which calls for it in "${scenario}"`);
    }

    let probed = 0;
    await attempt('every action, put to every role', async () => {
      probed = await probeRoles(url, await MotoRoles.create(url, actions), actions);
      return `${probed} calls judged`;
    });

    const invocation = grants.find(({ action }) => action === INVOKE);
    await attempt('a state machine that may not invoke its functions', async () => {
      assert.ok(invocation !== undefined, 'somebody may invoke the functions');
      await expectNeed(
        app,
        invocation,
        (world, userName) => world.startExecution({ userName }),
        'Lambda.AWSLambdaException',
      );
      return 'fails';
    });

    const start = grants.find(
      ({ role, action }) => action === 'states:StartExecution' && shortRole(role) === 'Emergency',
    );
    await attempt('an emergency that may not start a rotation', async () => {
      assert.ok(start !== undefined, 'declarations may start rotations');
      const leak = { accessKeyId: 'AKIAEXAMPLE000000001', reason: 'a drill' };
      await expectNeed(
        app,
        start,
        (world, userName) => world.emergencies.start({ userName, ...leak }),
        'EmergencyNotStarted',
      );
      return 'fails';
    });

    const verdictOn = (grant: Grant): Verdict => {
      if (grant === invocation) {
        return { ...grant, judgedBy: 'the embedded AWS', calledIn: SCENARIOS[0]?.title };
      }
      if (grant === start) {
        return { ...grant, judgedBy: 'the embedded AWS', calledIn: SCENARIOS.at(-1)?.title };
      }
      return { ...grant, judgedBy: 'moto', calledIn: witness.calledIn.get(grantKey(grant)) };
    };
    print({
      kind: 'result',
      scenarios: SCENARIOS.map(({ title }) => title),
      verdicts: grants.map(verdictOn),
      resourceStatements,
      judged: witness.judged,
      denied: witness.denied,
      probed,
      problems,
    });
  } finally {
    await app.dispose();
  }
};

// The SDK warns users of Node.js 20 about the future of Lambda functions. This process is not one.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

main(process.argv[2] ?? '').then(
  // Do not wait for sockets that the SDK keeps open.
  () => process.exit(0),
  (defect: unknown) => {
    console.error(defect);
    process.exit(1);
  },
);
