import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SecretsManagerClientConfig } from '@aws-sdk/client-secrets-manager';
import { main } from '../../../consumer/command/cli';
import { readKey } from '../../../consumer/file/credentials-file';
import { PLACEHOLDER_SECRET_STRING } from '../../../lambdas/shared/secret/placeholder';
import { MINUTE, SECOND } from '../../support/time';
import { contentOf, temporaryFolder } from '../support/folder';
import { isRead, profileOf, SECRET_ID, setUp, useProfiles } from '../support/scene';

/** Runs the command in the scene, and keeps its output. */
const terminal = (clientConfig: SecretsManagerClientConfig, environment: Record<string, string> = {}) => {
  const said = { out: '', err: '' };
  const stop = new AbortController();
  return {
    said,
    stop: () => stop.abort(),
    run: (...args: string[]) =>
      main(args, {
        out: (text) => {
          said.out += text;
        },
        err: (text) => {
          said.err += text;
        },
        environment,
        stopSignal: () => stop.signal,
        clientConfig,
      }),
  };
};

const profile = ({
  accessKeyId,
  secretAccessKey,
}: {
  accessKeyId: string;
  secretAccessKey: string;
}): string =>
  `[app]\nregion = us-east-1\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`;

it('prints its help, and what is wrong with its options', async () => {
  const { run, said } = terminal({});
  await expect(run('--help')).resolves.toBe(0);
  expect(said.out).toContain('Usage: rotated-credentials');
  await expect(run('credential-process')).resolves.toBe(2);
  expect(said.err).toBe(
    "error: required option '--secret-id <id>' not specified\nSee rotated-credentials --help.\n",
  );
});

describe('credential-process', () => {
  const ARGS = ['credential-process', '--secret-id', SECRET_ID];

  it('prints the key with an expiration that makes the first SDKs ask again in ten minutes', async () => {
    const { a, clock, readerConfig } = setUp();
    const { run, said } = terminal(readerConfig);
    await expect(run(...ARGS)).resolves.toBe(0);
    expect(said.err).toBe('');
    expect(JSON.parse(said.out)).toEqual({
      Version: 1,
      AccessKeyId: a.accessKeyId,
      SecretAccessKey: a.secretAccessKey,
      // botocore asks a quarter of an hour before the expiration.
      Expiration: new Date(clock.now().getTime() + 25 * MINUTE).toISOString(),
    });
  });

  it('lets no SDK keep a key for longer than an overlap period', async () => {
    const { clock, readerConfig } = setUp();
    const { run, said } = terminal(readerConfig);
    await run(...ARGS, '--refresh-after', 'PT45M');
    const { Expiration } = JSON.parse(said.out) as { Expiration: string };
    expect(Date.parse(Expiration) - clock.now().getTime()).toBeLessThan(65 * MINUTE);
  });

  it.each([
    ['holds no key yet', PLACEHOLDER_SECRET_STRING, 'holds no access key yet'],
    ['is not a key document', 'CanaryThatNobodyMayEverSee', 'its value is not a JSON object'],
  ])('prints only a sentence if the secret %s', async (_what, value, message) => {
    const { aws, readerConfig } = setUp();
    aws.secretsManager.putValue(SECRET_ID, value);
    const { run, said } = terminal(readerConfig);
    await expect(run(...ARGS)).resolves.toBe(1);
    expect(said.out).toBe('');
    expect(said.err).toContain(message);
    expect(said.err).not.toContain('Canary');
    expect(said.err.match(/\n/g)).toHaveLength(1);
  });

  it('does not start itself again and again', async () => {
    const { readerConfig } = setUp();
    const environment: Record<string, string> = {};
    const seen: Record<string, string>[] = [];
    const { run } = terminal(
      {
        ...readerConfig,
        // The SDK would start its processes with these variables.
        credentials: async () => {
          seen.push({ ...environment });
          return readerConfig.credentials;
        },
      },
      environment,
    );
    await expect(run(...ARGS)).resolves.toBe(0);
    expect(seen).toHaveLength(1);
    const inner = terminal(readerConfig, seen[0]);
    await expect(inner.run(...ARGS)).resolves.toBe(1);
    expect(inner.said.err).toContain('Name another profile with --profile');
    await expect(inner.run(...ARGS, '--profile', 'another')).resolves.toBe(0);
  });
});

describe('credentials-file', () => {
  const setUpFile = () => {
    const scene = setUp();
    const folder = temporaryFolder();
    const file = join(folder, 'credentials');
    const args = ['credentials-file', '--secret-id', SECRET_ID, '--write-profile', 'app', '--file', file];
    return { ...scene, folder, file, args };
  };

  it('writes the key, and then leaves the file alone', async () => {
    const { a, file, args, readerConfig } = setUpFile();
    const { run, said } = terminal(readerConfig);
    await expect(run(...args)).resolves.toBe(0);
    await expect(run(...args, '--json')).resolves.toBe(0);
    expect(readKey(file, 'app')).toEqual({ accessKeyId: a.accessKeyId, secretAccessKey: a.secretAccessKey });
    const end = a.accessKeyId.slice(-4);
    expect(said).toEqual({
      err: '',
      out:
        `Profile app in ${file} now holds the key of the secret, which ends in ${end}.\n` +
        `${JSON.stringify({ status: 'unchanged', profile: 'app', file, accessKeyIdEnd: end })}\n`,
    });
  });

  it('leaves the file as it is if there is no key', async () => {
    const { a, aws, file, folder, args, readerConfig } = setUpFile();
    writeFileSync(file, profile(a));
    aws.secretsManager.putValue(SECRET_ID, PLACEHOLDER_SECRET_STRING);
    const { run, said } = terminal(readerConfig);
    await expect(run(...args)).resolves.toBe(1);
    await expect(run(...args, '--json')).resolves.toBe(1);
    expect(said.err).toMatch(/^The secret .* holds no access key yet\. .*\n$/);
    expect(JSON.parse(said.out)).toMatchObject({
      status: 'failed',
      profile: 'app',
      message: said.err.trim(),
    });
    expect(readFileSync(file, 'latin1')).toBe(profile(a));
    expect(contentOf(folder)).toEqual(['credentials']);
  });

  it('says what is wrong with the file', async () => {
    const { folder, file, args, readerConfig } = setUpFile();
    const { run, said } = terminal(readerConfig);
    const intoFolder = args.map((arg) => (arg === file ? folder : arg));
    await expect(run(...intoFolder)).resolves.toBe(1);
    expect(said.err).toBe(`${folder} could not be written: it is not a file. It is as it was.\n`);
  });

  it('follows the secret until it is stopped, with a rest between two reads', async () => {
    const { a, clock, file, args, readerConfig, publish, reads } = setUpFile();
    const { run, said, stop } = terminal(readerConfig);
    const running = run(...args, '--every', 'PT10M');
    await clock.advance(25 * MINUTE);
    expect(reads()).toBe(3);
    const b = publish();
    await clock.advance(5 * MINUTE);
    stop();
    await expect(clock.run(running)).resolves.toBe(0);
    expect(readKey(file, 'app')?.accessKeyId).toBe(b.accessKeyId);
    expect(said.out.match(/ends in \w{4}/g)).toEqual(
      [a, b].map(({ accessKeyId }) => `ends in ${accessKeyId.slice(-4)}`),
    );
  });

  it('tries again soon after a failed read, and reports when it works again', async () => {
    const { aws, clock, args, readerConfig, reads } = setUpFile();
    const { run, said, stop } = terminal(readerConfig);
    aws.faults.inject({ kind: 'before', as: 'http-500', match: isRead, times: 3 });
    const running = run(...args, '--every', 'PT10M');
    await clock.advance((1 + 2 + 4) * SECOND);
    expect(reads()).toBe(4);
    expect(said.err.match(/could not be read/g)).toHaveLength(3);
    expect(said.out).toContain('now holds the key');
    stop();
    await expect(clock.run(running)).resolves.toBe(0);
  });

  it('reads with the current key of the reader’s profile', async () => {
    const { aws, a, clock, connection, folder, file, args, publish } = setUpFile();
    const profiles = join(folder, 'profiles');
    useProfiles({ credentials: profiles });
    const { run, said, stop } = terminal(connection);
    // The profile does not even exist when the command begins.
    const running = run(...args, '--reader-profile', 'reader', '--every', 'PT10M');
    await clock.advance(SECOND - 1);
    expect(said.err).toBe(
      `The secret ${SECRET_ID} could not be read with the profile reader: there is no profile reader in /dev/null or ` +
        `${profiles}.\n`,
    );
    aws.iam.addUser({ userName: 'reader' });
    const first = aws.iam.addAccessKey('reader');
    writeFileSync(profiles, profileOf('reader', first));
    await clock.advance(10 * MINUTE);
    expect(readKey(file, 'app')?.accessKeyId).toBe(a.accessKeyId);

    const second = aws.iam.addAccessKey('reader');
    writeFileSync(profiles, profileOf('reader', second));
    aws.iam.removeAccessKey(first.accessKeyId);
    const b = publish();
    await clock.advance(10 * MINUTE);
    stop();
    await expect(clock.run(running)).resolves.toBe(0);
    expect(readKey(file, 'app')?.accessKeyId).toBe(b.accessKeyId);
    expect(new Set(aws.calls.filter(isRead).map((call) => `${call.accessKeyId} ${call.outcome}`))).toEqual(
      new Set([`${first.accessKeyId} ok`, `${second.accessKeyId} ok`]),
    );
  });

  it('finds the Region in the reader’s profile, once that exists', async () => {
    const { a, clock, connection, folder, file, args, readerConfig } = setUpFile();
    const { region, ...withoutRegion } = connection;
    const config = join(folder, 'config');
    useProfiles({ config });
    const { run, said, stop } = terminal(withoutRegion);
    const running = run(...args, '--reader-profile', 'reader', '--every', 'PT10M');
    await clock.advance(SECOND - 1);
    const { accessKeyId, secretAccessKey, sessionToken } = readerConfig.credentials;
    const key = profileOf('profile reader', { accessKeyId, secretAccessKey });
    writeFileSync(config, `${key}aws_session_token = ${sessionToken}\n`);
    await clock.advance(2 * SECOND);
    expect(said.err).toContain('with the profile reader: Error: Region is missing.\n');
    writeFileSync(config, `${key}aws_session_token = ${sessionToken}\nregion = ${region}\n`);
    await clock.advance(10 * SECOND);
    stop();
    await expect(clock.run(running)).resolves.toBe(0);
    expect(readKey(file, 'app')?.accessKeyId).toBe(a.accessKeyId);
  });

  it('says what is wrong with the Region', async () => {
    const { args, readerConfig } = setUpFile();
    const { run, said } = terminal({ ...readerConfig, region: 'us east' });
    await expect(run(...args)).resolves.toBe(1);
    expect(said.err).toBe(
      `The secret ${SECRET_ID} could not be read: Error: Region not accepted: region="us east" is not a valid ` +
        'hostname component.\n',
    );
  });

  describe('--self', () => {
    it('reads with the key of the profile, from key to key', async () => {
      const { aws, a, clock, connection, file, args, publish } = setUpFile();
      writeFileSync(file, profile(a));
      const { run, stop } = terminal(connection);
      const running = run(...args, '--self', '--every', 'PT10M');
      await clock.advance(MINUTE);
      const b = publish();
      await clock.advance(10 * MINUTE);
      aws.iam.removeAccessKey(a.accessKeyId);
      const c = publish();
      await clock.advance(20 * MINUTE);
      stop();
      await expect(clock.run(running)).resolves.toBe(0);
      expect(aws.calls.filter(isRead).map(({ accessKeyId, outcome }) => [accessKeyId, outcome])).toEqual([
        [a.accessKeyId, 'ok'],
        [a.accessKeyId, 'ok'],
        [b.accessKeyId, 'ok'],
        [c.accessKeyId, 'ok'],
      ]);
      expect(readFileSync(file, 'latin1')).toBe(profile(c));
    });

    it('says what to do if its key is refused', async () => {
      const { aws, a, connection, file, args, publish } = setUpFile();
      writeFileSync(file, profile(a));
      publish();
      aws.iam.setStatus(a.accessKeyId, 'Inactive');
      const { run, said } = terminal(connection);
      await expect(run(...args, '--self')).resolves.toBe(1);
      expect(said.err).toBe(
        `AWS refuses the key that ends in ${a.accessKeyId.slice(-4)}, with which its user reads the secret ` +
          `${SECRET_ID}: it is Inactive or deleted. Give the user the current key of the secret by hand, once. ` +
          `It belongs in the profile app in ${file}.\n`,
      );
    });

    it.each([
      ['is not there', ''],
      ['has no key', '[app]\nregion = x\n'],
      ['has something else', '[app]\naws_access_key_id = <your ID>\naws_secret_access_key = <your secret>\n'],
    ])('says what to do if the profile %s', async (_what, content) => {
      const { connection, file, args, reads } = setUpFile();
      writeFileSync(file, content);
      const { run, said } = terminal(connection);
      await expect(run(...args, '--self')).resolves.toBe(1);
      expect(said.err).toContain('holds no access key yet');
      expect(reads()).toBe(0);
    });
  });
});
