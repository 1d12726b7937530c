import { execFile, spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { App, DefaultStackSynthesizer, type IStackSynthesizer } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import cdkJson from '../../cdk.json';
import { EmbeddedAws } from '../../embedded-aws/embedded-aws';
import { VirtualClock } from '../../embedded-aws/ground/clock';
import { type AwsServer, serve } from '../../embedded-aws/serve';
import { AccessKeyRotationStack } from '../../lib/access-key-rotation-stack';
import { parseStacks, type StackConfig } from '../../lib/config';
import { executionTimeoutSeconds, readDefinition } from '../../lib/rotation-state-machine';
import example from '../../rotation.config.example.json';
import { PLACES, stackAsACompanyAsks, usersWithEverything } from '../support/everything';
import { resourceOf, resourcesOf, statementsOf } from './synthesize';

/*
 * The tarball in an app of somebody else, who has the CDK and nothing of this repository.
 */

const PROJECT = join(__dirname, '..', '..');
const NAME = 'iam-access-key-rotation';
const app = mkdtempSync(join(tmpdir(), 'package-'));
const installed = join(app, 'node_modules', NAME);
afterAll(() => rmSync(app, { recursive: true }));

/** What another process of this machine needs, and nothing of the test's own. */
const BARE = {
  PATH: process.env.PATH,
  HOME: app,
  npm_config_offline: 'true',
  npm_config_cache: join(app, '.npm'),
};

const run = (cwd: string, command: string, args: readonly string[], environment: object = {}) => {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd,
    env: { ...BARE, ...environment },
    encoding: 'utf8',
  });
  return { status, said: stdout + stderr };
};

const runWell = (cwd: string, command: string, args: readonly string[]): string => {
  const { status, said } = run(cwd, command, args);
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}\n${said}`);
  return said;
};

const NODE = process.execPath;

/** Compiles an app against the packed types, which are checked, too. */
const compile = (...files: readonly string[]): { readonly status: number | null; readonly said: string } =>
  run(app, NODE, [
    join(PROJECT, 'node_modules', 'typescript', 'bin', 'tsc'),
    ...['--strict', '--target', 'es2022', '--module', 'node16'],
    ...['--typeRoots', join(PROJECT, 'node_modules', '@types'), '--types', 'node', ...files],
  ]);

/** Runs an app, and reads the template of each of its stacks. */
const synthesize = (file: string, context: object = cdkJson.context) => {
  const output = mkdtempSync(join(app, 'out-'));
  const { status, said } = run(app, NODE, [file], {
    CDK_OUTDIR: output,
    CDK_CONTEXT_JSON: JSON.stringify(context),
  });
  const templates = readdirSync(output).filter((name) => name.endsWith('.template.json'));
  return {
    ...{ status, said, output },
    templates: Object.fromEntries(
      templates.map((name) => [
        name.replace('.template.json', ''),
        Template.fromJSON(JSON.parse(readFileSync(join(output, name), 'utf8'))),
      ]),
    ),
  };
};

const STACK = 'IamAccessKeyRotation';

/** The template of the repository's own app, written as the CDK writes those of other stacks. */
const ourTemplate = (config: unknown): Template => {
  const limits = { executionTimeoutSeconds: executionTimeoutSeconds(readDefinition()) };
  const [stack] = parseStacks(config, limits) as [StackConfig];
  const { account, region } = stack.place;
  return Template.fromStack(
    new AccessKeyRotationStack(
      new App({ context: cdkJson.context, builtinCloudFormationValidation: false }),
      stack.stackName,
      {
        env: { ...(account !== undefined && { account }), ...(region !== undefined && { region }) },
        synthesizer: new DefaultStackSynthesizer() as IStackSynthesizer,
        config: stack,
      },
    ),
  );
};

/** Every setting but the prefix, with which our own app names its stack, too. */
const EVERYTHING = (() => {
  const [place] = PLACES as [(typeof PLACES)[number]];
  const users = [
    ...usersWithEverything(1, place),
    { userName: 'short', existingSecret: 'short/access-key', healthAlarms: ['short'] },
  ];
  const { deployment, ...config } = stackAsACompanyAsks(users, place);
  const { namePrefix: _prefix, ...others } = deployment;
  const { account, region } = place;
  return { place: { account, region }, config: { ...config, deployment: others } };
})();

const write = (file: string, text: string): string => {
  writeFileSync(join(app, file), text);
  return file;
};

beforeAll(() => {
  const made = join(app, 'made');
  runWell(PROJECT, 'npm', ['run', 'build', '--', made]);
  runWell(made, 'npm', ['pack', '--pack-destination', app]);
  const [tarball = ''] = readdirSync(app).filter((name) => name.endsWith('.tgz'));
  rmSync(made, { recursive: true });
  mkdirSync(installed, { recursive: true });
  runWell(app, 'tar', ['-xzf', tarball, '--strip-components=1', '-C', installed]);
  // Whoever installs the package has its peers. No folder above this one has modules.
  for (const peer of Object.keys(manifest().peerDependencies)) {
    symlinkSync(join(PROJECT, 'node_modules', peer), join(app, 'node_modules', peer));
  }
});

const manifest = () => JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));

test('the tarball has what its manifest names, and asks for nothing but the CDK', () => {
  const { files, dependencies, peerDependencies, private: unpublished } = manifest();
  expect(readdirSync(installed).sort()).toEqual([...files, 'package.json'].sort());
  expect(dependencies).toBeUndefined();
  expect(Object.keys(peerDependencies)).toEqual(['aws-cdk-lib', 'constructs']);
  expect(unpublished).toBe(true);
  expect(readFileSync(join(installed, 'THIRD-PARTY-LICENSES.txt'), 'utf8')).toMatch(/^zod \d/m);
});

describe('the command', () => {
  const COMMAND = join(app, 'node_modules', '.bin', 'access-key-rotation');
  const aws = new EmbeddedAws({ clock: new VirtualClock({ start: new Date() }) });
  let server: AwsServer;
  beforeAll(async () => {
    server = await serve(aws);
    mkdirSync(join(app, 'node_modules', '.bin'));
    // As npm links what a package calls its bin.
    symlinkSync(join(installed, manifest().bin['access-key-rotation']), COMMAND);
    aws.iam.addUser({ userName: 'alice' });
    aws.secretsManager.createSecret('iam-access-key-rotation/alice', { secretString: '{}' });
    mkdirSync(join(app, 'operated'));
    writeFileSync(
      join(app, 'operated', 'rotation.config.json'),
      JSON.stringify({ users: [{ userName: 'alice' }] }),
    );
  });
  afterAll(() => server.close());

  const command = (...args: readonly string[]) => {
    const {
      accessKeyId,
      secretAccessKey,
      sessionToken = '',
    } = aws.roleCredentials(`arn:aws:iam::${aws.accountId}:role/reader`);
    // The embedded AWS answers from this process, so it is waited for without blocking it.
    return promisify(execFile)(COMMAND, [...args], {
      cwd: join(app, 'operated'),
      env: {
        ...BARE,
        AWS_ENDPOINT_URL: server.url,
        AWS_REGION: aws.region,
        AWS_ACCESS_KEY_ID: accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretAccessKey,
        AWS_SESSION_TOKEN: sessionToken,
      },
    }).then(
      ({ stdout, stderr }) => ({ exit: 0, stdout, stderr }),
      ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({
        exit: code,
        stdout,
        stderr,
      }),
    );
  };

  test('helps, explains what the runbook says, and completes words', async () => {
    const help = await command('--help');
    expect(help).toMatchObject({
      exit: 0,
      stderr: '',
      stdout: expect.stringContaining('Usage: access-key-rotation'),
    });
    const [, page = ''] = /(docs\/\S+\.md) has examples/.exec(help.stdout) ?? [];
    expect(readFileSync(join(installed, page), 'utf8')).toMatch(/^# The command/);
    expect((await command('explain', 'StateDrift')).stdout).toMatch(/^StateDrift\n\n\*\*What happened/);
    expect((await command('completion', 'bash')).stdout).toContain('complete -F _access_key_rotation');
  });

  test('asks AWS, and says what it has found', async () => {
    const { exit, stdout, stderr } = await command('status', '--json');
    expect([exit, stderr]).toEqual([1, expect.stringContaining('Looking at 1 user of IamAccessKeyRotation')]);
    expect(JSON.parse(stdout).users).toMatchObject([{ userName: 'alice', keys: [] }]);
  });

  test('knows what an answer of AWS means by its name, which no bundler has changed', async () => {
    const { exit, stderr } = await command('start', 'alice');
    expect([exit, stderr]).toEqual([2, expect.stringContaining('There is no rotation of this name')]);
  });
});

test('it gives the construct, how to read a file, and the error, to require and to import', () => {
  const names = ['AccessKeyRotation', 'ConfigError', 'readConfiguration'];
  const say =
    'console.log(Object.keys(given).filter((name) => !/^default$|exports$/.test(name)).sort().join())';
  write('required.cjs', `const given = require('${NAME}'); ${say}`);
  write('imported.mjs', `import * as given from '${NAME}'; ${say}`);
  for (const file of ['required.cjs', 'imported.mjs']) {
    expect(run(app, NODE, [file])).toEqual({ status: 0, said: `${names.join()}\n` });
  }
});

describe('the manual', () => {
  const manual = () => readFileSync(join(installed, 'README.md'), 'utf8');

  test('has examples that compile', () => {
    const examples = [...manual().matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = '']) => code);
    expect(examples.length).toBeGreaterThanOrEqual(3);
    const files = examples.map((code, index) => write(`example-${index}.ts`, code));
    expect(compile(...files)).toEqual({ status: 0, said: '' });
  });

  test('tells each member of the construct, and links to nothing that is not there', () => {
    const types = readFileSync(join(installed, 'types', 'lib', 'access-key-rotation.d.ts'), 'utf8');
    const [, ofClass = ''] = types.split('export declare class');
    const members = [...ofClass.matchAll(/^ {4}(?:readonly )?([a-zA-Z]+)[:(]/gm)].map(([, name]) => name);
    expect(members).toContain('secretOf');
    for (const member of members.filter((name) => name !== 'constructor')) {
      expect(manual()).toMatch(new RegExp(`^\\|.*\`${member}[(\`].*\\|$`, 'm'));
    }
    expect(manual()).not.toMatch(/\]\((?!https:)/);
  });
});

describe('an app that gives properties', () => {
  write(
    'properties.ts',
    `import { App, Stack } from 'aws-cdk-lib';
import { AccessKeyRotation } from '${NAME}';

const stack = new Stack(new App(), '${STACK}');
new AccessKeyRotation(stack, 'AccessKeyRotation', {
  rotationName: stack.stackName,
  notifications: { emails: ['oncall@example.com'] },
  users: [{ userName: 'alice', healthAlarms: ['alice-consumers-fail'] }],
});
`,
  );
  let made: ReturnType<typeof synthesize>;

  beforeAll(() => {
    expect(compile('properties.ts')).toEqual({ status: 0, said: '' });
    made = synthesize('properties.js');
  });

  test('gets the very resources of our own app, with the code of each function', () => {
    expect({ status: made.status, said: made.said }).toEqual({ status: 0, said: '' });
    const ours = ourTemplate(example).toJSON();
    const theirs = made.templates[STACK]?.toJSON();
    expect(theirs?.Resources).toEqual(ours.Resources);
    expect(theirs?.Mappings).toEqual(ours.Mappings);
  });

  test('gets the same whatever its stack bundles', () => {
    const { status, templates } = synthesize('properties.js', {
      ...cdkJson.context,
      'aws:cdk:bundling-stacks': [],
    });
    expect(status).toBe(0);
    const types = (template: Template | undefined) =>
      Object.entries(template?.toJSON().Resources ?? {}).map(([id, resource]) => [
        id,
        (resource as { readonly Type: string }).Type,
      ]);
    expect(types(templates[STACK])).toEqual(types(made.templates[STACK]));
  });

  test('needs no feature flag', () => {
    const { status, templates } = synthesize('properties.js', {});
    expect(status).toBe(0);
    const all = (template: Template | undefined): readonly string[] =>
      Object.values(template?.toJSON().Resources ?? {}).map(
        (resource) => (resource as { Type: string }).Type,
      );
    const unflagged = all(templates[STACK]);
    expect(unflagged.filter((type) => type !== 'AWS::IAM::Policy').sort()).toEqual(
      all(made.templates[STACK])
        .filter((type) => type !== 'AWS::IAM::Policy')
        .sort(),
    );
  });

  test('fails, and says why, if the functions are not in the package', () => {
    renameSync(join(installed, 'functions'), join(app, 'functions'));
    const { status, said } = synthesize('properties.js');
    renameSync(join(app, 'functions'), join(installed, 'functions'));
    expect(status).toBe(1);
    expect(said).toMatch(/functions is missing: the package of iam-access-key-rotation is not complete\./);
  });
});

test('an app that names the file gets the very resources of our own app, with everything switched on', () => {
  const { place, config } = EVERYTHING;
  write('rotation.config.json', JSON.stringify(config));
  write(
    'file.ts',
    `import { App, Stack } from 'aws-cdk-lib';
import { AccessKeyRotation, readConfiguration } from '${NAME}';

const stack = new Stack(new App(), '${STACK}', { env: ${JSON.stringify(place)} });
new AccessKeyRotation(stack, 'AccessKeyRotation', {
  rotationName: stack.stackName,
  ...readConfiguration('rotation.config.json'),
});
`,
  );
  expect(compile('file.ts')).toEqual({ status: 0, said: '' });
  const { status, said, output, templates } = synthesize('file.js');
  expect({ status, said }).toEqual({ status: 0, said: '' });
  const ours = ourTemplate({ stacks: [{ stackName: STACK, ...place, ...config }] }).toJSON();
  expect(templates[STACK]?.toJSON().Resources).toEqual(ours.Resources);
  const artifact = JSON.parse(readFileSync(join(output, 'manifest.json'), 'utf8')).artifacts[STACK];
  expect(artifact.properties.terminationProtection).toBe(true);
});

describe('two in one stack, beside an AWS call of their own', () => {
  write(
    'two.ts',
    `import { App, Stack } from 'aws-cdk-lib';
import { type IRole, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { AwsCustomResource, AwsCustomResourcePolicy, PhysicalResourceId } from 'aws-cdk-lib/custom-resources';
import { AccessKeyRotation, type AccessKeyRotationProps, ConfigError, type NotificationSettings, type UserSettings } from '${NAME}';

const [, , second = 'second'] = process.argv;
const stack = new Stack(new App(), 'Theirs');
new AwsCustomResource(stack, 'Before', {
  installLatestAwsSdk: false,
  onCreate: { service: 'S3', action: 'ListBuckets', physicalResourceId: PhysicalResourceId.of('before') },
  policy: AwsCustomResourcePolicy.fromSdkCalls({ resources: AwsCustomResourcePolicy.ANY_RESOURCE }),
});
const notifications: NotificationSettings = { emails: ['oncall@example.com'] };
const healthAlarms = ['consumers-fail'];
const alice: UserSettings = { userName: 'alice', overlapPeriod: 'P2D', healthAlarms };
const first = new AccessKeyRotation(stack, 'First', { rotationName: 'first', notifications, users: [alice] });
const props: AccessKeyRotationProps = {
  ...{ rotationName: second, notifications },
  users: [{ userName: 'bob', kmsKeyArn: undefined, healthAlarms }],
};
try {
  new AccessKeyRotation(stack, 'Second', props);
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  console.error(error.problems.join());
  process.exit(1);
}
const reader: IRole = new Role(stack, 'Reader', { assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com') });
const secret: ISecret = first.secretOf('alice');
secret.grantRead(reader, ['AWSCURRENT']);

export const refused = (): void => {
  // @ts-expect-error A name that no setting has.
  new AccessKeyRotation(stack, 'A', { rotationName: 'a', users: [{ userName: 'alice', overlap: 'P2D' }] });
  // @ts-expect-error A value that the setting does not take.
  new AccessKeyRotation(stack, 'B', { rotationName: 'b', users: [], deployment: { policies: 'none' } });
  // @ts-expect-error No name.
  new AccessKeyRotation(stack, 'C', { users: [] });
  // @ts-expect-error Not what a secret is.
  first.secretOf('alice').grantWriteAll(reader);
};
`,
  );
  let made: ReturnType<typeof synthesize>;
  let template: Template;

  beforeAll(() => {
    expect(compile('two.ts')).toEqual({ status: 0, said: '' });
    made = synthesize('two.js');
    if (made.templates.Theirs === undefined) throw new Error(made.said);
    template = made.templates.Theirs;
  });

  test('have names of their own', () => {
    expect({ status: made.status, said: made.said }).toEqual({ status: 0, said: '' });
    const names = (type: string, field: string) =>
      Object.values(resourcesOf(template, type)).map(({ Properties }) => Properties[field]);
    const machines = ['first', 'first-emergency', 'second', 'second-emergency'];
    expect(names('AWS::StepFunctions::StateMachine', 'StateMachineName').sort()).toEqual(machines);
    expect(names('AWS::Scheduler::ScheduleGroup', 'Name').sort()).toEqual(['first', 'second']);
    expect(names('AWS::CloudWatch::Dashboard', 'DashboardName').sort()).toEqual(['first', 'second']);
  });

  test.each(['First', 'Second'])('%s creates secrets with a role of its own', (id) => {
    const { Role } = resourceOf(template, 'AWS::Lambda::Function', `${id}SecretsFunction`).Properties;
    const role: string = Role['Fn::GetAtt'][0];
    expect(role).toMatch(new RegExp(`^${id}SecretsRole`));
    expect(statementsOf(template, role).flatMap(({ actions }) => actions)).toContain(
      'secretsmanager:CreateSecret',
    );
  });

  test('a reader is granted what consumers read, and nothing else', () => {
    const statements = statementsOf(template, 'Reader').filter(({ resources }) =>
      JSON.stringify(resources).includes('iam-access-key-rotation/alice-??????'),
    );
    expect(statements.length).toBeGreaterThan(0);
    expect(statements.flatMap(({ actions }) => actions).sort()).toEqual([
      'secretsmanager:DescribeSecret',
      'secretsmanager:GetSecretValue',
    ]);
    expect(JSON.stringify(statements)).toContain('AWSCURRENT');
  });

  test('with one name are refused', () => {
    expect(run(app, NODE, ['two.js', 'first'])).toEqual({
      status: 1,
      said: expect.stringMatching(
        /^Theirs\/Second\.rotationName: "first" was given\. Allowed: a name of its own for each AccessKeyRotation,/,
      ),
    });
  });
});
