import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { same } from '../deviation';
import { accepted, refused, type Statement, statementsAbout } from '../statement';
import { type Secret, type Subject, VALUE, versionId } from '../subject';

const [second, third, fourth] = ['second', 'third', 'fourth'].map(versionId) as [string, string, string];

const LOCK = 'AWSPENDING';

const OTHER_VALUE = '{"a":"another"}';

const put = (
  { secretsManager }: Subject,
  { name }: Secret,
  version: string,
  labels?: readonly string[],
  value = VALUE,
): Promise<unknown> =>
  secretsManager.send(
    new PutSecretValueCommand({
      SecretId: name,
      ClientRequestToken: version,
      SecretString: value,
      ...(labels && { VersionStages: [...labels] }),
    }),
  );

const move = (
  { secretsManager }: Subject,
  { name }: Secret,
  label: string,
  { from, to }: { readonly from?: string; readonly to?: string },
): Promise<unknown> =>
  secretsManager.send(
    new UpdateSecretVersionStageCommand({
      SecretId: name,
      VersionStage: label,
      ...(from !== undefined && { RemoveFromVersionId: from }),
      ...(to !== undefined && { MoveToVersionId: to }),
    }),
  );

type Labels = Readonly<Record<string, readonly string[]>>;

const seesLabels = (subject: Subject, { name, first }: Secret, expected: Labels): Promise<void> =>
  subject.sees(
    'the labels afterwards',
    () => subject.labels(name, { first, second, third, fourth }),
    expected,
  );

/** A secret whose second version holds the lock; the third waits for it. */
const withLock = async (subject: Subject): Promise<Secret> => {
  const secret = await subject.secret();
  await put(subject, secret, second, [LOCK]);
  await put(subject, secret, third, ['rotation-scratch']);
  return secret;
};

const UNMOVED: Labels = { first: ['AWSCURRENT'], second: [LOCK], third: ['rotation-scratch'] };
const MOVED: Labels = { first: ['AWSCURRENT'], third: [LOCK, 'rotation-scratch'] };

const UPDATE_STAGE = 'Secrets Manager API, UpdateSecretVersionStage';
const PUT_VALUE = 'Secrets Manager API, PutSecretValue';

const statement = statementsAbout('Secrets Manager');

/** UpdateSecretVersionStage: the compare-and-set that the lock relies on. */
const moves: readonly Statement[] = [
  statement({
    id: 'move-without-remove-from',
    says: 'A label that another version has is not moved when RemoveFromVersionId is missing.',
    source: `${UPDATE_STAGE}, RemoveFromVersionId`,
    matters: 'taking the lock',
    check: async (subject) => {
      const secret = await withLock(subject);
      await refused(
        'moving a label without RemoveFromVersionId',
        move(subject, secret, LOCK, { to: third }),
        'InvalidParameterException',
      );
      await seesLabels(subject, secret, UNMOVED);
    },
  }),
  statement({
    id: 'move-with-wrong-remove-from',
    says: 'A label is not moved when RemoveFromVersionId names a version that does not have it.',
    source: `${UPDATE_STAGE}, RemoveFromVersionId`,
    matters: 'taking the lock over',
    check: async (subject) => {
      const secret = await withLock(subject);
      await refused(
        'moving a label from a version that does not have it',
        move(subject, secret, LOCK, { from: secret.first, to: third }),
        'InvalidParameterException',
      );
      await seesLabels(subject, secret, UNMOVED);
    },
  }),
  statement({
    id: 'move-with-remove-from-the-target',
    says: 'A label is not moved when RemoveFromVersionId names the target version.',
    source: `${UPDATE_STAGE}, RemoveFromVersionId`,
    matters: 'a compare-and-set that must not degrade to a set',
    check: async (subject) => {
      const secret = await withLock(subject);
      await refused(
        'moving a label with its target as RemoveFromVersionId',
        move(subject, secret, LOCK, { from: third, to: third }),
        'InvalidParameterException',
      );
      await seesLabels(subject, secret, UNMOVED);
    },
  }),
  statement({
    id: 'move-with-right-remove-from',
    says: 'A label is moved when RemoveFromVersionId names the version that has it.',
    source: `${UPDATE_STAGE}, RemoveFromVersionId`,
    matters: 'taking the lock over',
    check: async (subject) => {
      const secret = await withLock(subject);
      await accepted(
        'moving a label from the version that has it',
        move(subject, secret, LOCK, { from: second, to: third }),
      );
      await seesLabels(subject, secret, MOVED);
    },
  }),
  statement({
    id: 'move-of-a-custom-label',
    says: 'A custom label moves under the same conditions as AWSPENDING.',
    source: `${UPDATE_STAGE}, RemoveFromVersionId`,
    matters: 'the labels of keys, the mark, and the hold',
    check: async (subject) => {
      const secret = await withLock(subject);
      const label = 'rotation-scratch';
      await refused(
        'moving it without RemoveFromVersionId',
        move(subject, secret, label, { to: second }),
        'InvalidParameterException',
      );
      await refused(
        'moving it from a version that does not have it',
        move(subject, secret, label, { from: secret.first, to: second }),
        'InvalidParameterException',
      );
      await accepted(
        'moving it from the version that has it',
        move(subject, secret, label, { from: third, to: second }),
      );
      await seesLabels(subject, secret, { first: ['AWSCURRENT'], second: [LOCK, label] });
    },
  }),
  statement({
    id: 'move-replayed',
    says: 'A move that is repeated, after it has taken effect, is refused and changes nothing.',
    source: `${UPDATE_STAGE}, RemoveFromVersionId`,
    matters: 'a move whose answer was lost: the step asks where the label is',
    check: async (subject) => {
      const secret = await withLock(subject);
      await accepted('the move', move(subject, secret, LOCK, { from: second, to: third }));
      await refused(
        'the same move again',
        move(subject, secret, LOCK, { from: second, to: third }),
        'InvalidParameterException',
      );
      await seesLabels(subject, secret, MOVED);
    },
  }),
  statement({
    id: 'label-from-nowhere',
    says: 'A label that no version has is put on a version without RemoveFromVersionId.',
    source: `${UPDATE_STAGE}, example “To add a staging label attached to a version of a secret”`,
    matters: 'taking a free lock',
    check: async (subject) => {
      const secret = await withLock(subject);
      await accepted('putting a label on a version', move(subject, secret, 'rotation-held', { to: second }));
      await seesLabels(subject, secret, { ...UNMOVED, second: [LOCK, 'rotation-held'] });
    },
  }),
  statement({
    id: 'label-from-nowhere-with-remove-from',
    says: 'A label that no version has is not put on a version when RemoveFromVersionId names one.',
    source:
      'undocumented: the page speaks of attached labels only. Either answer is safe, as the lock was free',
    matters: 'taking a lock over that its holder has just released',
    check: async (subject) => {
      const secret = await withLock(subject);
      await refused(
        'moving a label that no version has',
        move(subject, secret, 'rotation-held', { from: second, to: third }),
        'InvalidParameterException',
      );
      await seesLabels(subject, secret, UNMOVED);
    },
  }),
  statement({
    id: 'label-already-there',
    says: 'Putting a label on the version that has it already, without RemoveFromVersionId, changes nothing.',
    source:
      'undocumented: MoveToVersionId asks for RemoveFromVersionId only for a label on a different version. After a refusal the rotation asks where the label is',
    matters: 'a repeated request that takes a free lock',
    check: async (subject) => {
      const secret = await withLock(subject);
      await accepted('it', move(subject, secret, LOCK, { to: second }));
      await seesLabels(subject, secret, UNMOVED);
    },
  }),
  statement({
    id: 'move-to-a-missing-version',
    says: 'A label is not moved to a version that does not exist.',
    source: `${UPDATE_STAGE}, errors: ResourceNotFoundException, InvalidParameterException`,
    matters: 'a compare-and-set that fails leaves the lock where it is',
    check: async (subject) => {
      const secret = await withLock(subject);
      await refused(
        'moving a label to a version that does not exist',
        move(subject, secret, LOCK, { from: second, to: fourth }),
        'ResourceNotFoundException',
        'InvalidParameterException',
      );
      await seesLabels(subject, secret, UNMOVED);
    },
  }),
  statement({
    id: 'move-from-a-missing-version',
    says: 'A label is not moved when RemoveFromVersionId names a version that does not exist.',
    source: `${UPDATE_STAGE}, errors: ResourceNotFoundException, InvalidParameterException`,
    matters: 'taking the lock over from an intent that Secrets Manager has removed',
    check: async (subject) => {
      const secret = await withLock(subject);
      await refused(
        'moving a label from a version that does not exist',
        move(subject, secret, LOCK, { from: fourth, to: third }),
        'ResourceNotFoundException',
        'InvalidParameterException',
      );
      await seesLabels(subject, secret, UNMOVED);
    },
  }),
  statement({
    id: 'label-removed',
    says: 'RemoveFromVersionId alone removes a label from the version that has it.',
    source: `${UPDATE_STAGE}, MoveToVersionId`,
    matters: 'releasing the lock, condemning a key',
    check: async (subject) => {
      const secret = await withLock(subject);
      await accepted('taking a label off', move(subject, secret, LOCK, { from: second }));
      await seesLabels(subject, secret, { first: ['AWSCURRENT'], third: ['rotation-scratch'] });
    },
  }),
  statement({
    id: 'label-removed-from-another-version',
    says: 'A label is not removed when RemoveFromVersionId names a version that does not have it.',
    source: `${UPDATE_STAGE}, RemoveFromVersionId`,
    matters: 'a late release must not release the lock of a successor',
    check: async (subject) => {
      const secret = await withLock(subject);
      await refused(
        'taking a label off a version that does not have it',
        move(subject, secret, LOCK, { from: third }),
        'InvalidParameterException',
      );
      await seesLabels(subject, secret, UNMOVED);
    },
  }),
  statement({
    id: 'awsprevious-follows',
    says: 'When AWSCURRENT moves, AWSPREVIOUS moves to the version that it leaves.',
    source: `${UPDATE_STAGE}, introduction`,
    matters: 'AWSPREVIOUS is never used as memory',
    check: async (subject) => {
      const secret = await withLock(subject);
      await accepted('publication', move(subject, secret, 'AWSCURRENT', { from: secret.first, to: third }));
      await seesLabels(subject, secret, {
        first: ['AWSPREVIOUS'],
        second: [LOCK],
        third: ['AWSCURRENT', 'rotation-scratch'],
      });
    },
  }),
  statement({
    id: 'labels-survive-loss-of-awscurrent',
    says: 'A version that loses AWSCURRENT, and AWSPREVIOUS after that, keeps its custom labels.',
    source:
      'undocumented: the page says of AWSPREVIOUS alone that it follows. A label that is lost condemns no key',
    matters: 'the label of the old key, until the key is deleted',
    check: async (subject) => {
      const secret = await withLock(subject);
      const { first } = secret;
      const label = 'rotation-key';
      await accepted('putting a label on a version', move(subject, secret, label, { to: first }));
      await accepted('publication', move(subject, secret, 'AWSCURRENT', { from: first, to: third }));
      await seesLabels(subject, secret, {
        first: ['AWSPREVIOUS', label],
        second: [LOCK],
        third: ['AWSCURRENT', 'rotation-scratch'],
      });
      await accepted('another one', move(subject, secret, 'AWSCURRENT', { from: third, to: second }));
      await seesLabels(subject, secret, {
        first: [label],
        second: ['AWSCURRENT', LOCK],
        third: ['AWSPREVIOUS', 'rotation-scratch'],
      });
    },
  }),
  statement({
    id: 'awscurrent-moves-back',
    says: 'AWSCURRENT moves back to the version with AWSPREVIOUS, and the two labels change places.',
    source: `${UPDATE_STAGE}, introduction`,
    matters: 'rolling a publication back',
    check: async (subject) => {
      const secret = await withLock(subject);
      await accepted('publication', move(subject, secret, 'AWSCURRENT', { from: secret.first, to: third }));
      await accepted('the way back', move(subject, secret, 'AWSCURRENT', { from: third, to: secret.first }));
      await seesLabels(subject, secret, {
        first: ['AWSCURRENT'],
        second: [LOCK],
        third: ['AWSPREVIOUS', 'rotation-scratch'],
      });
    },
  }),
  statement({
    id: 'awscurrent-compared',
    says: 'AWSCURRENT is not moved when RemoveFromVersionId is missing or names a version that does not have it.',
    source: `${UPDATE_STAGE}, RemoveFromVersionId`,
    matters: 'publication: a value that a person wrote meanwhile is not replaced unread',
    check: async (subject) => {
      const secret = await withLock(subject);
      await refused(
        'moving AWSCURRENT without RemoveFromVersionId',
        move(subject, secret, 'AWSCURRENT', { to: third }),
        'InvalidParameterException',
      );
      await refused(
        'moving AWSCURRENT from a version that does not have it',
        move(subject, secret, 'AWSCURRENT', { from: second, to: third }),
        'InvalidParameterException',
      );
      await seesLabels(subject, secret, UNMOVED);
    },
  }),
  statement({
    id: 'unlabelled-not-described',
    says: 'A version that loses its last label is no longer in the answer of DescribeSecret.',
    source:
      'Secrets Manager API, DescribeSecret, VersionIdsToStages: “versions … with staging labels attached”',
    matters: 'DescribeSecret shows the versions in use',
    check: async (subject) => {
      const secret = await withLock(subject);
      await move(subject, secret, LOCK, { from: second });
      const describe = async (): Promise<boolean> => {
        const { VersionIdsToStages = {} } = await subject.secretsManager.send(
          new DescribeSecretCommand({ SecretId: secret.name }),
        );
        return second in VersionIdsToStages;
      };
      await subject.sees('whether it is there', describe, false);
    },
  }),
  statement({
    id: 'unlabelled-listed-when-asked',
    says: 'A version that loses its last label is listed with IncludeDeprecated, and not without.',
    source: 'Secrets Manager API, ListSecretVersionIds, IncludeDeprecated',
    matters: 'the leftovers of a crash are found',
    check: async (subject) => {
      const secret = await withLock(subject);
      await move(subject, secret, LOCK, { from: second });
      const listed = (IncludeDeprecated: boolean) => async (): Promise<boolean> => {
        const { Versions = [] } = await subject.secretsManager.send(
          new ListSecretVersionIdsCommand({ SecretId: secret.name, IncludeDeprecated }),
        );
        return Versions.some(({ VersionId }) => VersionId === second);
      };
      await subject.sees('whether it is listed with IncludeDeprecated', listed(true), true);
      await subject.sees('whether it is listed without IncludeDeprecated', listed(false), false);
    },
  }),
  statement({
    id: 'unlabelled-still-read',
    says: 'A version that loses its last label can still be read by its ID for 24 hours.',
    source:
      'Secrets Manager User Guide, quotas: versions created less than 24 hours ago are not removed; that they are read by ID is undocumented. A version that cannot be read counts as gone',
    matters: 'proof of who owns a key',
    check: async (subject) => {
      const secret = await withLock(subject);
      await move(subject, secret, LOCK, { from: second });
      const { SecretString } = await accepted(
        'reading it by its ID',
        subject.secretsManager.send(new GetSecretValueCommand({ SecretId: secret.name, VersionId: second })),
      );
      same('its value', SecretString, VALUE);
    },
  }),
];

/** PutSecretValue: writes that may be repeated. */
const puts: readonly Statement[] = [
  statement({
    id: 'token-is-the-version-id',
    says: 'ClientRequestToken becomes the version’s ID, with anything from 32 to 64 characters.',
    source: `${PUT_VALUE}, ClientRequestToken`,
    matters: 'derived version IDs, so that a repeated write finds its own effect',
    check: async (subject) => {
      const secret = await subject.secret();
      for (const token of ['t'.repeat(32), 'access-key-'.padEnd(51, '0'), 't'.repeat(64)]) {
        await accepted(`a token of ${token.length} characters`, put(subject, secret, token, [LOCK]));
        await subject.sees(
          `the label’s place after a token of ${token.length} characters`,
          () => subject.labels(secret.name, { first: secret.first, token }),
          { first: ['AWSCURRENT'], token: [LOCK] },
        );
      }
    },
  }),
  statement({
    id: 'token-too-short-or-long',
    says: 'PutSecretValue refuses a ClientRequestToken of 31 or of 65 characters.',
    source: `${PUT_VALUE}, ClientRequestToken: length constraints`,
    matters: 'version IDs have 32 to 64 characters',
    check: async (subject) => {
      const secret = await subject.secret();
      for (const length of [31, 65]) {
        await refused(
          `a token of ${length} characters`,
          put(subject, secret, 't'.repeat(length), [LOCK]),
          'InvalidParameterException',
          'ValidationException',
        );
      }
    },
  }),
  statement({
    id: 'replayed-put-leaves-labels',
    says: 'A repeated PutSecretValue with the same token, value and labels does not bring back a label that has moved on.',
    source: `${PUT_VALUE}, introduction: “the operation succeeds but does nothing”`,
    matters: 'a late or repeated write of an intent must not take the lock',
    check: async (subject) => {
      const secret = await withLock(subject);
      await accepted('moving the label', move(subject, secret, LOCK, { from: second, to: third }));
      await accepted('the replay', put(subject, secret, second, [LOCK]));
      await seesLabels(subject, secret, MOVED);
    },
  }),
  statement({
    id: 'replayed-put-with-other-labels',
    says: 'A repeated PutSecretValue with the same token and value, but with other labels, changes no label.',
    source: `${PUT_VALUE}, introduction: “the operation succeeds but does nothing”`,
    matters: 'a version’s labels move by UpdateSecretVersionStage only',
    check: async (subject) => {
      const secret = await withLock(subject);
      await accepted('the replay with other labels', put(subject, secret, third, [LOCK, 'AWSCURRENT']));
      await seesLabels(subject, secret, UNMOVED);
    },
  }),
  statement({
    id: 'replayed-put-without-labels',
    says: 'A repeated PutSecretValue with the same token and value, but without labels, does not move AWSCURRENT.',
    source: `${PUT_VALUE}, introduction: “the operation succeeds but does nothing”`,
    matters: 'consumers do not get back a replaced key',
    check: async (subject) => {
      const secret = await withLock(subject);
      await accepted('the replay without labels', put(subject, secret, third));
      await seesLabels(subject, secret, UNMOVED);
    },
  }),
  statement({
    id: 'token-taken-by-other-value',
    says: 'PutSecretValue refuses another value under a token that a version already has.',
    source: `${PUT_VALUE}, ClientRequestToken; errors: ResourceExistsException`,
    matters: 'a version never changes its value',
    check: async (subject) => {
      const secret = await withLock(subject);
      await refused(
        'another value under a token that is taken',
        put(subject, secret, second, [LOCK], OTHER_VALUE),
        'ResourceExistsException',
      );
      const { SecretString } = await subject.secretsManager.send(
        new GetSecretValueCommand({ SecretId: secret.name, VersionId: second }),
      );
      same('the value afterwards', SecretString, VALUE);
      await seesLabels(subject, secret, UNMOVED);
    },
  }),
  statement({
    id: 'put-takes-a-label',
    says: 'PutSecretValue with a label that another version has takes the label from that version, without a condition.',
    source: `${PUT_VALUE}, VersionStages`,
    matters: 'why new versions get only rotation-scratch, which may be taken at any time',
    check: async (subject) => {
      const secret = await withLock(subject);
      await accepted('a version with a label that is taken', put(subject, secret, fourth, [LOCK]));
      await seesLabels(subject, secret, {
        first: ['AWSCURRENT'],
        third: ['rotation-scratch'],
        fourth: [LOCK],
      });
    },
  }),
  statement({
    id: 'put-without-labels',
    says: 'PutSecretValue without VersionStages moves AWSCURRENT to the new version, and AWSPREVIOUS to the previous one.',
    source: `${PUT_VALUE}, VersionStages`,
    matters: 'a person who edits the secret by hand',
    check: async (subject) => {
      const secret = await subject.secret();
      await accepted('a version without labels', put(subject, secret, second));
      await seesLabels(subject, secret, { first: ['AWSPREVIOUS'], second: ['AWSCURRENT'] });
    },
  }),
  statement({
    id: 'put-with-labels-leaves-awscurrent',
    says: 'PutSecretValue with VersionStages other than AWSCURRENT leaves AWSCURRENT where it is.',
    source: `${PUT_VALUE}, VersionStages`,
    matters: 'a stored key is not yet published',
    check: async (subject) => {
      const secret = await subject.secret();
      await accepted('a version with a label', put(subject, secret, second, ['rotation-scratch']));
      await seesLabels(subject, secret, { first: ['AWSCURRENT'], second: ['rotation-scratch'] });
    },
  }),
  statement({
    id: 'first-version-is-current',
    says: 'The first version of a secret gets AWSCURRENT, whatever labels were requested.',
    source: `${PUT_VALUE}, introduction`,
    matters: 'why a secret without a value is refused: the lock would become AWSCURRENT',
    check: async (subject) => {
      const secret = { name: await subject.secretWith({}), first: versionId('first') };
      await accepted('the first version', put(subject, secret, secret.first, [LOCK]));
      await seesLabels(subject, secret, { first: ['AWSCURRENT', LOCK] });
    },
  }),
  statement({
    id: 'label-quota',
    says: 'A secret has 20 labels at most, on all its versions together.',
    source: 'Secrets Manager User Guide, quotas: staging labels attached across all versions of a secret',
    matters: 'more than 11 labels of the owner are refused before a rotation begins',
    check: async (subject) => {
      const secret = await withLock(subject);
      const labels = Array.from({ length: 17 }, (_, index) => `owner-${index}`);
      await accepted('a version that makes it 20 labels', put(subject, secret, fourth, labels));
      await refused(
        'the 21st label',
        move(subject, secret, 'owner-17', { to: third }),
        'LimitExceededException',
      );
    },
  }),
  statement({
    id: 'lock-survives-publication',
    says: 'Moving AWSCURRENT leaves every other label on its version.',
    source:
      'undocumented for labels other than AWSPREVIOUS. Were the lock lost, the next step would find out and stop',
    matters: 'the lock and the key’s labels outlive publication',
    check: async (subject) => {
      const secret = await withLock(subject);
      await put(subject, secret, fourth, ['rotation-key', 'rotation-published']);
      await accepted('publication', move(subject, secret, 'AWSCURRENT', { from: secret.first, to: fourth }));
      await seesLabels(subject, secret, {
        first: ['AWSPREVIOUS'],
        second: [LOCK],
        third: ['rotation-scratch'],
        fourth: ['AWSCURRENT', 'rotation-key', 'rotation-published'],
      });
    },
  }),
];

/** Versions and staging labels. */
export const secretLabelStatements: readonly Statement[] = [...moves, ...puts];
