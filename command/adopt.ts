import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { STSClient } from '@aws-sdk/client-sts';
import { LABELS } from '../lambdas/shared/contract/names';
import type { SurveyedUser } from '../lambdas/shared/contract/survey';
import { IamGateway } from '../lambdas/shared/gateways/iam-gateway';
import { IdentityGateway } from '../lambdas/shared/gateways/identity-gateway';
import { type SecretDescription, SecretGateway } from '../lambdas/shared/gateways/secret-gateway';
import type { AccessKey } from '../lambdas/shared/rotation/access-key';
import { documentWith } from '../lambdas/shared/secret/key-document';
import { mergedVersionId } from '../lambdas/shared/secret/versions';
import { mask } from '../lambdas/shared/text/mask';
import { inSentences } from '../lambdas/shared/text/said';
import { describeProblem, explainObstacle } from '../lambdas/shared/words/document';
import { type Deployment, findDeployment, requireEnrolled, requireUser } from './deployment';
import { type GivenKey, type NoKey, readGivenKey } from './given-key';
import { type CommonOptions, SILENT, type Surroundings, writeJson } from './shell';
import { during, EXIT, type Exit, Trouble } from './trouble';

/** From where the key comes. */
export interface AdoptOptions extends CommonOptions {
  readonly fromProfile?: string | undefined;
  readonly file?: string | undefined;
}

const UNCHANGED = 'Nothing was changed: consumers read what they have read before.';

/** In place of the rotation that would have stored the key. */
const ADOPTED = 'adopt';

const UNKNOWN = 'Whether consumers read the key is not known: the same command again says it.';

const refuse = (message: string): Trouble => new Trouble(EXIT.look, `${message} ${UNCHANGED}`);
const misuse = (message: string): Trouble => new Trouble(EXIT.misuse, `${message} ${UNCHANGED}`);

const NO_KEY: Readonly<Record<NoKey, string>> = {
  none: 'has no access key: JSON with AccessKeyId and SecretAccessKey, the CSV file of the console, or lines with aws_access_key_id and aws_secret_access_key are understood.',
  several: 'has several access keys, and does not say which is meant.',
  temporary: 'has temporary credentials, which nobody rotates: the access key of the user is needed.',
};

const fromText = (text: string, source: string): GivenKey => {
  const found = readGivenKey(text);
  if (typeof found === 'string') throw misuse(`${source} ${NO_KEY[found]}`);
  return found;
};

const fromProfile = async ({ clientConfig }: Surroundings, profile: string): Promise<GivenKey> => {
  const { credentials: _, region = 'us-east-1' } = clientConfig ?? {};
  const { accessKeyId, secretAccessKey, sessionToken } = await new STSClient({
    region,
    profile,
    logger: SILENT,
  }).config.credentials();
  if (sessionToken !== undefined) throw misuse(`The profile ${profile} ${NO_KEY.temporary}`);
  return { accessKeyId, secretAccessKey };
};

const read = async (
  surroundings: Surroundings,
  { fromProfile: profile, file }: AdoptOptions,
): Promise<GivenKey> => {
  if (profile !== undefined && file !== undefined)
    throw misuse('--from-profile and --file: one of them says where the key is.');
  if (profile !== undefined) return fromProfile(surroundings, profile);
  if (file !== undefined) {
    try {
      return fromText(readFileSync(resolve(surroundings.directory, file), 'utf8'), file);
    } catch (error) {
      if (error instanceof Trouble) throw error;
      throw misuse(`${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'error'}).`);
    }
  }
  if (surroundings.readInput === undefined) {
    throw misuse(
      'Where the key is has to be said: --from-profile, --file, or the standard input. It is never an argument: others see those.',
    );
  }
  return fromText(await surroundings.readInput(), 'The standard input');
};

/** The key is the user's, and works. @throws Trouble */
const checkKey = async ({ clientConfig, account }: Deployment, userName: string, key: GivenKey) => {
  const iam = new IamGateway(clientConfig);
  const user = await iam.user(userName);
  if (user === undefined) throw misuse(`IAM has no user ${userName} in the account ${account}.`);
  const identity = await new IdentityGateway(clientConfig).whoIs(key);
  if (identity.kind === 'refused') {
    throw refuse(
      `AWS does not accept the key ${mask(key.accessKeyId)} (${identity.code}): it is Inactive, deleted, or mistyped.`,
    );
  }
  if (identity.arn !== user.arn) {
    throw refuse(`The key ${mask(key.accessKeyId)} is that of ${identity.arn}, and not of ${user.arn}.`);
  }
  const keys = (await iam.accessKeys(userName)) ?? [];
  const listed = keys.find(({ accessKeyId }) => accessKeyId === key.accessKeyId);
  if (listed === undefined)
    throw refuse(`IAM does not list the key ${mask(key.accessKeyId)} yet. Try again in a minute.`);
  return { keys, material: { ...key, userName, createDate: listed.createDate } };
};

/** The secret can take a key from a person. @throws Trouble */
const checkSecret = (
  secret: SecretDescription | undefined,
  { secretId, userName }: SurveyedUser,
  { region }: Deployment,
): string => {
  if (secret === undefined) throw misuse(`There is no secret ${secretId}: deploy the stack first.`);
  if (secret.scheduledForDeletion)
    throw refuse(`The secret ${secretId} is scheduled for deletion: restore it first.`);
  if (secret.versionByLabel.has(LABELS.pending)) {
    throw refuse(
      `A rotation of ${userName} is unfinished: another key in AWSCURRENT would collide with it. See access-key-rotation status ${userName}.`,
    );
  }
  if (secret.rotationEnabled)
    throw refuse(`Secrets Manager's own rotation of ${secretId} is switched on: switch it off first.`);
  if (secret.primaryRegion !== undefined && secret.primaryRegion !== region) {
    throw refuse(`${secretId} is a replica of a secret in ${secret.primaryRegion}.`);
  }
  const current = secret.versionByLabel.get(LABELS.current);
  if (current === undefined) throw refuse(`No version of ${secretId} is AWSCURRENT.`);
  return current;
};

/**
 * Where AWSCURRENT is, after a move that did not find it where it was. It may be this command that has moved it, in an attempt whose
 * answer got lost, or another that adopts the same key at the same moment. @throws Trouble
 */
const requireMoved = async (
  secrets: SecretGateway,
  secretId: string,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<void> => {
  const secret = await during({ refused: UNKNOWN, unanswered: UNKNOWN }, () => secrets.describe(secretId));
  const current = secret?.versionByLabel.get(LABELS.current);
  if (current === to) return;
  throw new Trouble(
    EXIT.look,
    current === undefined || current === from
      ? `Secrets Manager has not moved AWSCURRENT of ${secretId}, or shows it late. ${UNKNOWN}`
      : `Somebody else has changed AWSCURRENT of ${secretId} meanwhile: consumers read what is there now. Look again.`,
  );
};

/** What a person does next. A second key leaves no room for the new one of a rotation. */
const nextSteps = (userName: string, others: readonly AccessKey[]): readonly string[] => [
  ...others.map(
    ({ accessKeyId, status }) =>
      `${userName} has another key, ${mask(accessKeyId)}, which is ${status}. No rotation begins until it is deleted: access-key-rotation explain AccessKeyConflict ${userName}`,
  ),
  `Next: let the programs of ${userName} read the secret, and see what a rotation would do: access-key-rotation plan ${userName}`,
];

/** Puts the present key of a user into the secret. */
export const adopt = async (
  surroundings: Surroundings,
  userName: string,
  options: AdoptOptions,
): Promise<Exit> => {
  const deployment = await findDeployment(surroundings, options);
  const { clientConfig } = deployment;
  const user = requireUser(requireEnrolled(deployment, surroundings), userName);
  const { secretId } = user;
  const key = await read(surroundings, options);
  surroundings.err(`Checking the key ${mask(key.accessKeyId)} with AWS ...\n`);
  const { keys, material } = await checkKey(deployment, userName, key);
  const secrets = new SecretGateway(clientConfig);
  const from = checkSecret(await secrets.describe(secretId), user, deployment);
  const current = await secrets.current({ secretId, settings: user });
  const document = current?.document;
  if (current === undefined || document === undefined) throw refuse(`${secretId} has no value.`);
  if (document.kind === 'unreadable') {
    throw refuse(`AWSCURRENT of ${secretId} cannot be understood: ${describeProblem(document.problem)}.`);
  }
  if (document.kind === 'intent' || document.kind === 'tombstone') {
    throw refuse(
      `AWSCURRENT of ${secretId} is on a version that is no key: see the runbook, "AWSCURRENT holds no key that works".`,
    );
  }
  const isThere =
    document.kind === 'access-key' &&
    document.accessKeyId === key.accessKeyId &&
    document.secretAccessKey === key.secretAccessKey;
  if (document.kind === 'access-key' && !isThere) {
    const holder = await new IdentityGateway(clientConfig).whoIs(document);
    if (holder.kind === 'user') {
      throw refuse(
        `${secretId} holds another key that works, ${mask(document.accessKeyId)} of ${holder.arn}: programs read it. Is ${mask(key.accessKeyId)} still needed?`,
      );
    }
  }
  if (!isThere) {
    const text = documentWith({ text: current.text, settings: user, keys }, material);
    if (typeof text !== 'string') throw refuse(inSentences(explainObstacle(text, secretId)));
    // Its ID says which key it holds, so that the survey knows it without reading the value, and that no rotation has stored it.
    const stored = { versionId: from, accessKeyId: key.accessKeyId, formerRotationId: undefined };
    const to = mergedVersionId(ADOPTED, stored, text);
    // By compare-and-set: what somebody else puts there meanwhile is not overwritten.
    const moved = await during({ refused: UNCHANGED, unanswered: UNKNOWN }, async () => {
      await secrets.put(secretId, { versionId: to, text, labels: [LABELS.scratch] });
      return secrets.moveLabel(secretId, LABELS.current, { from, to });
    });
    if (moved === 'lost') await requireMoved(secrets, secretId, { from, to });
  }
  const accessKeyId = mask(key.accessKeyId);
  const others = keys.filter((one) => one.accessKeyId !== key.accessKeyId);
  if (options.json === true) {
    const otherKeys = others.map((one) => ({ accessKeyId: mask(one.accessKeyId), status: one.status }));
    writeJson(surroundings, { userName, secretId, accessKeyId, changed: !isThere, otherKeys });
  } else {
    surroundings.out(
      `${isThere ? `AWSCURRENT of ${secretId} holds the key ${accessKeyId} already.` : `AWSCURRENT of ${secretId} holds the key ${accessKeyId} now.`}\n${nextSteps(userName, others).join('\n')}\n`,
    );
  }
  return EXIT.fine;
};
