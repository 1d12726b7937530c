import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync, type Metafile } from 'esbuild';
import * as credentialProviderNode from '../../../lambdas/shared/sdk/credential-provider-node';
import * as eventStreams from '../../../lambdas/shared/sdk/event-streams';
import { ContentCache } from '../../../lib/code/content-cache';
import {
  BUNDLE_SOURCES,
  BUNDLING,
  clientsIn,
  functionBundles,
  type KeptBundles,
  prepareBundles,
} from '../../../lib/code/function-bundles';
import { FUNCTION_FOLDERS } from '../../support/function-folders';

interface Client {
  send(command: object): Promise<unknown>;
}

const directory = mkdtempSync(join(tmpdir(), 'function-bundles-'));
afterAll(() => rmSync(directory, { recursive: true }));

const bundles = [...functionBundles()];

/** Loads a bundle as Lambda does: as a module that can import nothing but Node.js. */
const load = <Exports>(name: string, code: string): Exports => {
  const file = join(directory, `${name}.js`);
  writeFileSync(file, code);
  return require(file) as Exports;
};

test('every step is bundled, and the functions of deployments and rules', () => {
  expect(bundles.map(([folder]) => folder).sort()).toEqual([...FUNCTION_FOLDERS].sort());
});

test('every bundled file that is not of a package decides whether to bundle again', () => {
  const sources = new Set(bundles.flatMap(([, bundle]) => bundle.sources));
  const ours = [...sources].filter((source) => !source.startsWith('node_modules/'));
  expect(ours.length).toBeGreaterThan(50);
  expect(
    ours.filter((source) => !BUNDLE_SOURCES.some((known) => `${source}/`.startsWith(`${known}/`))),
  ).toEqual([]);
});

describe('a bundle is as large as its clients of the AWS SDK make it', () => {
  // In bytes. The cost of another client depends on its service's protocol and on how many errors it knows.
  // The large ones are IAM and CloudTrail, whose errors alone are 10 and 20 KB, and Lambda, whose REST
  // operations cannot be left out. About 6 KB are the messages for people when AWS refuses a call, 3 to 9 KB
  // read and edit the owner's document, 10 KB make a mail of what a step says, and up to 20 KB are what it says.
  // The one function with eight clients, the survey, has none of these large ones but IAM, and Security Hub, whose findings can
  // have details of every type of resource: 170 KB.
  const LIMITS = [225_000, 278_000, 324_000, 368_000, 429_000, 507_000, 0, 604_000];

  test.each(bundles)('%s', (_folder, { code, sources }) => {
    const clients = clientsIn(sources);
    expect(clients.length).toBeGreaterThan(0);
    expect(code.length).toBeLessThanOrEqual(LIMITS[clients.length - 1] ?? 0);
  });
});

/** A call of each client that a function has. Each is refused before it reaches AWS. */
const CALLS: Readonly<Record<string, readonly [client: string, command: string, input: object]>> = {
  '@aws-sdk/client-account': ['AccountClient', 'ListRegionsCommand', {}],
  '@aws-sdk/client-cloudtrail': ['CloudTrailClient', 'LookupEventsCommand', {}],
  '@aws-sdk/client-cloudwatch': ['CloudWatchClient', 'DescribeAlarmsCommand', {}],
  '@aws-sdk/client-cloudwatch-logs': ['CloudWatchLogsClient', 'DescribeLogGroupsCommand', {}],
  '@aws-sdk/client-eventbridge': ['EventBridgeClient', 'PutEventsCommand', { Entries: [] }],
  '@aws-sdk/client-iam': ['IAMClient', 'ListAccessKeysCommand', {}],
  '@aws-sdk/client-lambda': ['LambdaClient', 'GetFunctionConcurrencyCommand', { FunctionName: 'shop' }],
  '@aws-sdk/client-scheduler': ['SchedulerClient', 'GetScheduleCommand', { Name: 'alice' }],
  '@aws-sdk/client-secrets-manager': ['SecretsManagerClient', 'DescribeSecretCommand', { SecretId: 'alice' }],
  '@aws-sdk/client-securityhub': ['SecurityHubClient', 'GetFindingsCommand', {}],
  '@aws-sdk/client-sfn': ['SFNClient', 'DescribeExecutionCommand', { executionArn: 'arn' }],
  '@aws-sdk/client-sns': ['SNSClient', 'PublishCommand', { TopicArn: 'arn', Message: 'text' }],
  '@aws-sdk/client-sts': ['STSClient', 'GetCallerIdentityCommand', {}],
};

describe('the replacements for parts of the SDK', () => {
  const entry = Object.entries(CALLS)
    .map(([client, [name, command]]) => `export { ${name}, ${command} } from '${client}';`)
    .join('\n');
  const { outputFiles, metafile } = buildSync({
    ...BUNDLING,
    stdin: { contents: entry, resolveDir: __dirname },
    write: false,
    metafile: true,
  });
  const clients = load<Readonly<Record<string, new (input: object) => Client>>>(
    'clients',
    outputFiles[0]?.text ?? '',
  );

  const make = (name: string, input: object): Client => {
    const Class = clients[name];
    if (Class === undefined) throw new Error(`${name} is not bundled.`);
    return new Class(input);
  };

  test('are tried with every client that a function has', () => {
    const used = new Set(bundles.flatMap(([, { sources }]) => clientsIn(sources)));
    expect([...used].sort()).toEqual(Object.keys(CALLS).sort());
  });

  const importsOf = ({ inputs }: Metafile, packageName: string) => {
    const files = Object.keys(inputs).filter((file) =>
      inputs[file]?.imports.some(({ original }) => original === packageName),
    );
    const names = files.flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/\{([^{}]*)\} (?:from |= await import\()"(.*)"/g)]
        .filter(([, , from]) => from === packageName)
        .flatMap(([, list = '']) => list.split(',').map((name) => name.trim().replace(/ as .*/, ''))),
    );
    // The last name of a list may have a comma after it.
    return { files, names: [...new Set(names)].filter((name) => name !== '').sort() };
  };

  test.each([
    ['@aws-sdk/credential-provider-node', credentialProviderNode, Object.keys(CALLS).length],
    ['@smithy/core/event-streams', eventStreams, 5],
  ])('%s exports what the SDK imports from it, and nothing else', (packageName, standIn, importers) => {
    const { files, names } = importsOf(metafile, packageName);
    expect(files).toHaveLength(importers);
    expect(Object.keys(standIn).sort()).toEqual(names);
  });

  test.each(bundles)('%s contains none of those parts', (_folder, { sources }) => {
    expect(
      sources.filter((source) => /node_modules.*(credential-provider-(?!env)|event-streams)/.test(source)),
    ).toEqual([]);
  });

  describe('credentials', () => {
    const environment = process.env;
    afterEach(() => {
      process.env = environment;
    });

    const runIn = (variables: Readonly<Record<string, string>>): void => {
      // On Node.js 20, on which tests may run, the SDK would warn that it is old. Functions run on 24.
      process.env = { ...variables, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' };
    };

    /** The headers of the request that the client sends. The answer is an error that is not retried. */
    const sent = async (client: string): Promise<Readonly<Record<string, string>>> => {
      const [name = '', command = '', input = {}] = CALLS[client] ?? [];
      const requests: { readonly headers: Readonly<Record<string, string>> }[] = [];
      const requestHandler = {
        handle: async (request: (typeof requests)[number]) => {
          requests.push(request);
          throw new Error('not sent');
        },
      };
      await expect(
        make(name, { region: 'eu-west-1', requestHandler, maxAttempts: 1 }).send(make(command, input)),
      ).rejects.toThrow('not sent');
      return requests[0]?.headers ?? {};
    };

    test.each(Object.keys(CALLS))('%s signs with the environment’s credentials', async (client) => {
      runIn({
        AWS_ACCESS_KEY_ID: 'ASIAEXAMPLEEXAMPLE01',
        AWS_SECRET_ACCESS_KEY: 'not-a-secret',
        AWS_SESSION_TOKEN: 'session-of-the-function',
      });
      const headers = await sent(client);
      expect(headers.authorization).toMatch(/^AWS4-HMAC-SHA256 Credential=ASIAEXAMPLEEXAMPLE01\//);
      expect(headers['x-amz-security-token']).toBe('session-of-the-function');
    });

    test('without any, a call fails and says so', async () => {
      runIn({ AWS_PROFILE: 'default' });
      const iam = make('IAMClient', { region: 'eu-west-1', maxAttempts: 1 });
      await expect(iam.send(make('ListAccessKeysCommand', {}))).rejects.toMatchObject({
        name: 'CredentialsProviderError',
        message: 'Unable to find environment variable credentials.',
      });
    });
  });

  test('an event stream causes an error that says where to look', () => {
    expect(() => eventStreams.eventStreamSerdeProvider()).toThrow('see lambdas/shared/sdk/event-streams.ts');
    expect(() => Reflect.construct(eventStreams.EventStreamSerde, [])).toThrow(
      'see lambdas/shared/sdk/event-streams.ts',
    );
  });
});

test('a bundle can say what is wrong with an input', async () => {
  const code = functionBundles().get('plan-rotation')?.code ?? '';
  const { handler } = load<{ handler(event: unknown): Promise<unknown> }>('plan-rotation', code);
  await expect(handler(undefined)).rejects.toThrow(
    '(input: Invalid input: expected object, received undefined)',
  );
});

describe('cached bundles', () => {
  test('are those that esbuild makes, and are made only once', async () => {
    const counts: number[] = [];
    const options = {
      cache: new ContentCache<KeptBundles>(join(directory, 'cache'), 1),
      onBundling: (count: number) => void counts.push(count),
    };
    const made = await prepareBundles(options);
    const kept = await prepareBundles(options);
    expect(counts).toEqual([FUNCTION_FOLDERS.length]);
    expect(JSON.stringify([...kept])).toBe(JSON.stringify([...made]));
  });
});
