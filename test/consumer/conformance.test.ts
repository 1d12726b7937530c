import { Ajv2020 } from 'ajv/dist/2020';
import { rotatedCredentials } from '../../consumer';
import SCHEMA from '../../consumer/conformance/document.schema.json';
import DOCUMENTS from '../../consumer/conformance/documents.json';
import LABEL_CHANGES from '../../consumer/conformance/label-changes.json';
import type { RotatedCredentialsError } from '../../consumer/ground/problems';
import { parseKeyDocument } from '../../consumer/library/key-document';
import { VirtualClock } from '../../embedded-aws/ground/clock';
import { PLACEHOLDER_SECRET_STRING } from '../../lambdas/shared/secret/placeholder';
import { MINUTE } from '../support/time';

/* What a reader in any language has to do, checked here for the library and for the JSON Schema. */

interface Case {
  readonly what: string;
  readonly secretString: string | null;
  readonly accept?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly refuse?: string;
}

const CASES: readonly Case[] = DOCUMENTS.cases;
const isOfSchema = new Ajv2020({ validateFormats: false, strictRequired: true }).compile(SCHEMA);

const NAMES = { accessKeyId: 'user', secretAccessKey: 'password' };

const resultOf = (secretString: string | undefined, names?: typeof NAMES) => {
  try {
    return { accept: parseKeyDocument(secretString, 'alice', names) };
  } catch (error) {
    return { refuse: (error as RotatedCredentialsError).code, message: (error as Error).message };
  }
};

describe('a document', () => {
  it.each(CASES.map((each) => [each.what, each] as const))(
    '%s',
    (_what, { secretString, accept, refuse }) => {
      const { message, ...result } = { message: '', ...resultOf(secretString ?? undefined) };
      expect(result).toEqual({ ...(accept && { accept }), ...(refuse && { refuse }) });
      // A log of the message must not contain any part of the value.
      for (const part of secretString?.match(/\w{12,}/g) ?? []) {
        if (!['SecretAccessKey'].includes(part)) expect(message).not.toContain(part);
      }
    },
  );

  const named: readonly Case[] = DOCUMENTS.namedCases;
  it.each(named.map((each) => [each.what, each] as const))(
    'whose field names the reader was told: %s',
    (_what, { secretString, accept, refuse }) => {
      const { message, ...result } = { message: '', ...resultOf(secretString ?? undefined, NAMES) };
      expect(result).toEqual({ ...(accept && { accept }), ...(refuse && { refuse }) });
      expect(message).not.toMatch(/AKIA|exampleSecret|shop/);
    },
  );

  it.each(CASES.map((each) => [each.what, each] as const))('of the schema: %s', (_what, each) => {
    let json: unknown;
    try {
      json = JSON.parse(each.secretString ?? '');
    } catch {
      expect(each.refuse).toBe('malformed');
      return;
    }
    expect(isOfSchema(json)).toBe(each.accept !== undefined);
  });

  it('exists for each reason and both verdicts', () => {
    expect(new Set(CASES.map(({ refuse }) => refuse))).toEqual(new Set([undefined, 'no-key', 'malformed']));
    expect(CASES.map(({ secretString }) => secretString)).toContain(PLACEHOLDER_SECRET_STRING);
  });
});

it('the key follows the label AWSCURRENT, wherever it goes', async () => {
  const clock = new VirtualClock();
  const uninstall = clock.install();
  const problems: string[] = [];
  const versions: Readonly<Record<string, string>> = LABEL_CHANGES.versions;
  let now: { readonly labels: object; readonly secretsManager: string };
  const send = async (command: { readonly input: object }) => {
    expect(command.input).toEqual({ SecretId: 'alice' });
    const [version] = Object.entries(now.labels).find(([, labels]) => labels.includes('AWSCURRENT')) ?? [];
    if (now.secretsManager !== 'answer' || version === undefined) throw new Error(now.secretsManager);
    return { SecretString: versions[version] };
  };
  const credentials = rotatedCredentials({
    secretId: 'alice',
    client: { send } as never,
    onProblem: ({ code }) => problems.push(code),
  });
  try {
    await clock.run(async () => {
      for (const { what, signsWith, problem, ...step } of LABEL_CHANGES.steps) {
        now = step;
        await clock.sleep(11 * MINUTE);
        problems.length = 0;
        const key = await credentials().then(
          ({ accessKeyId }) => accessKeyId,
          () => null,
        );
        expect({ what, signsWith: key, problem: problems[0] ?? null }).toEqual({ what, signsWith, problem });
      }
    });
  } finally {
    uninstall();
  }
});
