import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { build } from 'esbuild';
import { ContentCache } from '../../../lib/code/content-cache';
import { BUNDLE_SOURCES, BUNDLING } from '../../../lib/code/function-bundles';
import {
  APP_SOURCES,
  type AppInputs,
  appKey,
  type SynthesizedApp,
  seenEnvironment,
  synthesize,
} from '../../../local/deployment/synthesized-app';

const PROJECT = join(__dirname, '..', '..', '..');

const scratch = mkdtempSync(join(tmpdir(), 'synthesized-app-'));
afterAll(() => rmSync(scratch, { recursive: true }));

describe('the key of an app', () => {
  const project = join(scratch, 'project');
  const inputs: AppInputs = {
    context: { iamAccessKeyRotation: { users: [{ userName: 'alice' }] }, flag: true },
    environment: { CDK_DEFAULT_REGION: 'eu-west-1' },
    node: 'v20.19.0',
    esbuild: '0.28.2',
  };
  const FILES = [
    ...[
      'lib/app.ts',
      'lib/config/index.ts',
      'lambdas/plan-rotation/handler.ts',
      'lambdas/shared/contract/errors.ts',
    ],
    ...[
      'state-machine/access-key-rotation.asl.json',
      'local/deployment/synthesis.ts',
      'cdk.json',
      'tsconfig.json',
    ],
    ...['package.json', 'package-lock.json', 'node_modules/.package-lock.json'],
  ];

  beforeAll(() => {
    for (const file of FILES) {
      mkdirSync(dirname(join(project, file)), { recursive: true });
      cpSync(join(PROJECT, file), join(project, file));
    }
  });

  test.each(FILES)('changes with %s, and changes back with it', (file) => {
    const before = appKey(project, inputs);
    const content = readFileSync(join(project, file), 'utf8');
    writeFileSync(join(project, file), `${content}\n`);
    expect(appKey(project, inputs)).not.toBe(before);
    writeFileSync(join(project, file), content);
    expect(appKey(project, inputs)).toBe(before);
  });

  test.each<[string, Partial<AppInputs>]>([
    [
      'the configuration',
      { context: { iamAccessKeyRotation: { users: [{ userName: 'bob' }] }, flag: true } },
    ],
    ['a feature flag', { context: { ...inputs.context, flag: false } }],
    ['a variable', { environment: { CDK_DEFAULT_REGION: 'us-east-1' } }],
    ['one variable less', { environment: {} }],
    ['the version of Node.js', { node: 'v22.0.0' }],
    ['the version of esbuild', { esbuild: '0.28.3' }],
  ])('changes with %s', (_what, change) => {
    expect(appKey(project, { ...inputs, ...change })).not.toBe(appKey(project, inputs));
  });

  const within = (file: string, sources: readonly string[]): boolean =>
    sources.some((source) => file === source || file.startsWith(`${source}/`));

  test.each([
    ['the app', ['lib/app.ts', 'local/deployment/synthesis.ts'], APP_SOURCES],
    [
      'the functions',
      readdirSync(join(PROJECT, 'lambdas')).map((name) => `lambdas/${name}/handler.ts`),
      BUNDLE_SOURCES,
    ],
  ])('has every file that %s imports; packages are in the lock files', async (_what, entries, sources) => {
    const entryPoints = entries.filter((entry) => {
      try {
        return readFileSync(join(PROJECT, entry)).length > 0;
      } catch {
        return false;
      }
    });
    const { metafile } = await build({
      ...{ alias: BUNDLING.alias, absWorkingDir: PROJECT, entryPoints, outdir: scratch },
      ...{ bundle: true, platform: 'node', packages: 'external', write: false, metafile: true },
    });
    const imported = Object.keys(metafile.inputs).filter((file) => !file.startsWith('node_modules/'));
    expect(imported.length).toBeGreaterThan(entryPoints.length);
    expect(imported.filter((file) => !within(file, sources))).toEqual([]);
  });
});

describe('the variables that an app sees', () => {
  test.each<[string, boolean]>([
    ['CDK_DEFAULT_ACCOUNT', true],
    ['JSII_DEBUG', true],
    ['AWS_REGION', true],
    ['NODE_OPTIONS', true],
    ['AWS_SECRET_ACCESS_KEY', false],
    ['AWS_SESSION_TOKEN', false],
    ['NODE_ENV', false],
    ['MY_CDK_SETTING', false],
  ])('%s: %s', (name, seen) => {
    expect(seenEnvironment({ [name]: 'x' })).toEqual(seen ? { [name]: 'x' } : {});
  });

  test('have the same order, in whatever order they were set, and are never undefined', () => {
    const variables = seenEnvironment({ CDK_B: '2', CDK_C: undefined, CDK_A: '1' });
    expect(JSON.stringify(variables)).toBe('{"CDK_A":"1","CDK_B":"2"}');
  });
});

describe('an app that is kept', () => {
  const filesOf = ({ assets }: SynthesizedApp): Readonly<Record<string, string>> =>
    Object.fromEntries(
      [...assets].flatMap(([key, directory]) =>
        readdirSync(directory, { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map((entry) => {
            const file = join(entry.parentPath, entry.name);
            return [`${key}/${relative(directory, file)}`, readFileSync(file, 'latin1')] as const;
          }),
      ),
    );

  test('equals a fresh synthesis byte for byte, and needs none', async () => {
    const configuration = { users: [{ userName: 'alice', recoveryPeriod: 'P7D' }] };
    const cache: NonNullable<Parameters<typeof synthesize>[1]>['cache'] = new ContentCache(
      join(scratch, 'cache'),
      2,
    );
    const told: string[] = [];
    const options = { cache, onProgress: (text: string) => void told.push(text) };
    const fresh = await synthesize(configuration, options);
    expect(told[0]).toBe('Synthesizing the CDK app ...\n');
    told.length = 0;
    const kept = await synthesize(configuration, options);
    expect(told).toEqual([]);
    expect(JSON.stringify(kept.template)).toBe(JSON.stringify(fresh.template));
    expect(Object.keys(filesOf(fresh)).length).toBeGreaterThan(10);
    expect(filesOf(kept)).toEqual(filesOf(fresh));
    // Each has its own files.
    await fresh.dispose();
    expect(Object.keys(filesOf(kept)).length).toBeGreaterThan(10);
    await kept.dispose();
  });
});
