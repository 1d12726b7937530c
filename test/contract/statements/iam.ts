import {
  CreateAccessKeyCommand,
  CreateUserCommand,
  DeleteAccessKeyCommand,
  DeleteUserCommand,
  GetAccessKeyLastUsedCommand,
  GetUserCommand,
  ListAccessKeysCommand,
  TagUserCommand,
  UpdateAccessKeyCommand,
} from '@aws-sdk/client-iam';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { holds, same } from '../deviation';
import { accepted, refusalOf, refused, type Statement, statementsAbout } from '../statement';
import { iamPathOf, type Subject } from '../subject';

const create = ({ iam }: Subject, UserName: string) => iam.send(new CreateAccessKeyCommand({ UserName }));

const list = async ({ iam }: Subject, UserName: string) =>
  (await iam.send(new ListAccessKeysCommand({ UserName }))).AccessKeyMetadata ?? [];

const setStatus = ({ iam }: Subject, UserName: string, AccessKeyId: string, Status: 'Active' | 'Inactive') =>
  iam.send(new UpdateAccessKeyCommand({ UserName, AccessKeyId, Status }));

const remove = ({ iam }: Subject, UserName: string, AccessKeyId: string) =>
  iam.send(new DeleteAccessKeyCommand({ UserName, AccessKeyId }));

/** The statuses of a user's keys, in the order of `keyIds`; `gone` for those that are not listed. */
const statuses = async (
  subject: Subject,
  userName: string,
  ...keyIds: readonly string[]
): Promise<readonly string[]> => {
  const listed = await list(subject, userName);
  return keyIds.map((id) => listed.find(({ AccessKeyId }) => AccessKeyId === id)?.Status ?? 'gone');
};

const NO_SUCH_ENTITY = 'NoSuchEntityException';

const statement = statementsAbout('IAM');

export const iamStatements: readonly Statement[] = [
  statement({
    id: 'two-keys-at-most',
    says: 'CreateAccessKey for a user with two access keys is refused with LimitExceeded, and creates none.',
    source: 'IAM API, CreateAccessKey, errors; IAM User Guide, quotas: access keys assigned to an IAM user',
    matters: 'IAM decides whether there is room for the second key',
    check: async (subject) => {
      const userName = await subject.user();
      const one = await subject.accessKey(userName);
      const other = await subject.accessKey(userName);
      await refused('a third key', create(subject, userName), 'LimitExceededException');
      await subject.sees(
        'the keys',
        async () => [
          (await list(subject, userName)).length,
          await statuses(subject, userName, one.accessKeyId, other.accessKeyId),
        ],
        [2, ['Active', 'Active']],
      );
    },
  }),
  statement({
    id: 'inactive-keys-count',
    says: 'An Inactive key counts towards the quota of two.',
    source:
      'undocumented: the quota speaks of keys assigned. A refusal is an answer that the create step knows',
    matters: 'the old key must be deleted, not only set Inactive, before the next rotation',
    check: async (subject) => {
      const userName = await subject.user();
      const { accessKeyId } = await subject.accessKey(userName);
      await subject.accessKey(userName);
      await setStatus(subject, userName, accessKeyId, 'Inactive');
      await refused('a third key', create(subject, userName), 'LimitExceededException');
    },
  }),
  statement({
    id: 'deleted-key-gives-room',
    says: 'A deleted key is no longer listed, and makes room for another.',
    source: 'IAM API, DeleteAccessKey; IAM User Guide, quotas',
    matters: 'the end of a rotation is the beginning of the next',
    check: async (subject) => {
      const userName = await subject.user();
      const { accessKeyId } = await subject.accessKey(userName);
      await subject.accessKey(userName);
      await accepted('deleting a key', remove(subject, userName, accessKeyId));
      await subject.sees(
        'the keys afterwards',
        async () => [
          (await list(subject, userName)).length,
          ...(await statuses(subject, userName, accessKeyId)),
        ],
        [1, 'gone'],
      );
      await accepted('another key', create(subject, userName));
    },
  }),
  statement({
    id: 'key-is-born-active',
    says: 'CreateAccessKey answers with an Active key: its ID, its secret and when it was created.',
    source: 'IAM API, CreateAccessKey, introduction and response',
    matters: 'the secret is shown here and never again',
    check: async (subject) => {
      const userName = await subject.user();
      const { AccessKey } = await accepted('creating a key', create(subject, userName));
      same(
        'what the answer holds',
        {
          user: AccessKey?.UserName === userName ? 'the user' : 'another',
          id: /^\w{16,128}$/.test(AccessKey?.AccessKeyId ?? ''),
          secret: (AccessKey?.SecretAccessKey ?? '').length > 0,
          status: AccessKey?.Status,
          created: AccessKey?.CreateDate instanceof Date,
        },
        { user: 'the user', id: true, secret: true, status: 'Active', created: true },
      );
    },
  }),
  statement({
    id: 'list-without-secrets',
    says: 'ListAccessKeys gives each key’s user, ID, status and create date, and no secret.',
    source: 'IAM API, AccessKeyMetadata',
    matters: 'plan-rotation judges a key by its age and status',
    check: async (subject) => {
      const userName = await subject.user();
      const { AccessKey } = await create(subject, userName);
      await subject.sees(
        'what is listed',
        async () =>
          (await list(subject, userName)).map((key) => ({
            fields: Object.keys(key).sort(),
            user: key.UserName === userName,
            id: key.AccessKeyId === AccessKey?.AccessKeyId,
            status: key.Status,
            sameDate: key.CreateDate?.getTime() === AccessKey?.CreateDate?.getTime(),
          })),
        [
          {
            fields: ['AccessKeyId', 'CreateDate', 'Status', 'UserName'],
            user: true,
            id: true,
            status: 'Active',
            sameDate: true,
          },
        ],
      );
    },
  }),
  statement({
    id: 'list-of-none',
    says: 'ListAccessKeys of a user without keys is an empty list.',
    source: 'IAM API, ListAccessKeys: “If there is none, the operation returns an empty list.”',
    matters: 'a user’s first key is created too',
    check: async (subject) => {
      const userName = await subject.user();
      const keys = await accepted('listing the keys', list(subject, userName));
      same('the number of keys', keys.length, 0);
    },
  }),
  statement({
    id: 'list-in-pages',
    says: 'ListAccessKeys answers in pages of MaxItems, and says so with IsTruncated and Marker.',
    source: 'IAM API, ListAccessKeys, MaxItems and Marker',
    matters: 'no key is overlooked',
    check: async (subject) => {
      const UserName = await subject.user();
      await subject.accessKey(UserName);
      await subject.accessKey(UserName);
      const page = (Marker?: string) =>
        subject.iam.send(
          new ListAccessKeysCommand({ UserName, MaxItems: 1, ...(Marker !== undefined && { Marker }) }),
        );
      await subject.sees('the pages', async () => {
        const one = await page();
        const rest = one.Marker === undefined ? undefined : await page(one.Marker);
        return [one, rest].map((answer) => [
          answer?.AccessKeyMetadata?.length,
          answer?.IsTruncated,
          answer?.Marker !== undefined,
        ]);
      }, [
        [1, true, true],
        [1, false, false],
      ]);
    },
  }),
  statement({
    id: 'no-such-user',
    says: 'Asking for a user that does not exist, listing its keys or creating one is refused with NoSuchEntity.',
    source: 'IAM API, GetUser, ListAccessKeys and CreateAccessKey, errors',
    matters: 'a deleted user is distinguished from a service in trouble',
    check: async (subject) => {
      const UserName = subject.name('missing');
      await refused('GetUser', subject.iam.send(new GetUserCommand({ UserName })), NO_SUCH_ENTITY);
      await refused('ListAccessKeys', list(subject, UserName), NO_SUCH_ENTITY);
      await refused('CreateAccessKey', create(subject, UserName), NO_SUCH_ENTITY);
    },
  }),
  statement({
    id: 'inactive-and-back',
    says: 'A key is set Inactive and Active again, and ListAccessKeys shows it.',
    source: 'IAM API, UpdateAccessKey',
    matters: 'one call brings the old key back',
    check: async (subject) => {
      const userName = await subject.user();
      const { accessKeyId } = await subject.accessKey(userName);
      for (const status of ['Inactive', 'Active'] as const) {
        await accepted(`setting it ${status}`, setStatus(subject, userName, accessKeyId, status));
        await subject.sees('its status', () => statuses(subject, userName, accessKeyId), [status]);
      }
    },
  }),
  statement({
    id: 'status-set-twice',
    says: 'Setting a key Inactive that is already Inactive is accepted.',
    source:
      'undocumented: the page lists no error for it. The step would fail, and the next attempt see the status',
    matters: 'deactivate-access-key may be repeated',
    check: async (subject) => {
      const userName = await subject.user();
      const { accessKeyId } = await subject.accessKey(userName);
      await setStatus(subject, userName, accessKeyId, 'Inactive');
      await accepted('setting it Inactive again', setStatus(subject, userName, accessKeyId, 'Inactive'));
      await subject.sees('its status', () => statuses(subject, userName, accessKeyId), ['Inactive']);
    },
  }),
  statement({
    id: 'status-of-another-users-key',
    says: 'UpdateAccessKey with a user that does not have the key is refused with NoSuchEntity and changes nothing.',
    source: 'IAM API, UpdateAccessKey, errors',
    matters: 'a step cannot touch a key of another user by mistake',
    check: async (subject) => {
      const [owner, other] = [await subject.user(), await subject.user()];
      const { accessKeyId } = await subject.accessKey(owner);
      await refused('it', setStatus(subject, other, accessKeyId, 'Inactive'), NO_SUCH_ENTITY);
      await subject.sees('the key’s status', () => statuses(subject, owner, accessKeyId), ['Active']);
    },
  }),
  statement({
    id: 'deletion-of-another-users-key',
    says: 'DeleteAccessKey with a user that does not have the key is refused with NoSuchEntity and deletes nothing.',
    source: 'IAM API, DeleteAccessKey, errors',
    matters: 'a step cannot delete a key of another user by mistake',
    check: async (subject) => {
      const [owner, other] = [await subject.user(), await subject.user()];
      const { accessKeyId } = await subject.accessKey(owner);
      await refused('it', remove(subject, other, accessKeyId), NO_SUCH_ENTITY);
      await subject.sees('the key’s status', () => statuses(subject, owner, accessKeyId), ['Active']);
    },
  }),
  statement({
    id: 'deleted-twice',
    says: 'Deleting a deleted key, or setting its status, is refused with NoSuchEntity.',
    source: 'IAM API, DeleteAccessKey and UpdateAccessKey, errors',
    matters: 'a repeated deletion knows that the first one took effect',
    check: async (subject) => {
      const userName = await subject.user();
      const { accessKeyId } = await subject.accessKey(userName);
      await accepted('deleting it', remove(subject, userName, accessKeyId));
      await refused('deleting it again', remove(subject, userName, accessKeyId), NO_SUCH_ENTITY);
      await refused('setting it Active', setStatus(subject, userName, accessKeyId, 'Active'), NO_SUCH_ENTITY);
    },
  }),
  statement({
    id: 'active-key-deleted',
    says: 'A key can be deleted while it is Active.',
    source: 'IAM API, DeleteAccessKey: no status is asked for',
    matters: 'a new key that does not work is deleted at once',
    check: async (subject) => {
      const userName = await subject.user();
      const { accessKeyId } = await subject.accessKey(userName);
      await accepted('deleting it', remove(subject, userName, accessKeyId));
      await subject.sees('its status', () => statuses(subject, userName, accessKeyId), ['gone']);
    },
  }),
  statement({
    id: 'never-used',
    says: 'GetAccessKeyLastUsed of a key that was never used has no date, and N/A as service and Region.',
    source: 'IAM API, AccessKeyLastUsed',
    matters: 'confirm-adoption distinguishes “never” from a date',
    check: async (subject) => {
      const userName = await subject.user();
      const { accessKeyId } = await subject.accessKey(userName);
      const { UserName, AccessKeyLastUsed } = await accepted(
        'asking for it',
        subject.iam.send(new GetAccessKeyLastUsedCommand({ AccessKeyId: accessKeyId })),
      );
      same(
        'the answer',
        {
          user: UserName === userName,
          date: AccessKeyLastUsed?.LastUsedDate ?? 'none',
          service: AccessKeyLastUsed?.ServiceName,
          region: AccessKeyLastUsed?.Region,
        },
        { user: true, date: 'none', service: 'N/A', region: 'N/A' },
      );
    },
  }),
  statement({
    id: 'last-used',
    says: 'GetAccessKeyLastUsed of a key that was used has the date, the service and the Region of the use.',
    source:
      'IAM API, AccessKeyLastUsed; after which time is undocumented, so confirm-adoption judges in hours',
    matters: 'the proof that consumers have moved',
    notOnAws: 'IAM sometimes takes hours to publish a use',
    check: async (subject) => {
      const userName = await subject.user();
      const key = await subject.accessKey(userName);
      await subject.as(key).sts.send(new GetCallerIdentityCommand({}));
      await subject.sees(
        'the answer',
        async () => {
          const { AccessKeyLastUsed } = await subject.iam.send(
            new GetAccessKeyLastUsedCommand({ AccessKeyId: key.accessKeyId }),
          );
          return {
            dated: AccessKeyLastUsed?.LastUsedDate instanceof Date,
            service: AccessKeyLastUsed?.ServiceName,
            region: AccessKeyLastUsed?.Region === subject.region ? 'the Region' : AccessKeyLastUsed?.Region,
          };
        },
        { dated: true, service: 'sts', region: 'the Region' },
      );
    },
  }),
  statement({
    id: 'last-used-of-a-deleted-key',
    says: 'GetAccessKeyLastUsed of a deleted key is refused, and never answered with “not used”.',
    source: 'undocumented: the page lists no error. Any error counts as “not known”, never as “not used”',
    matters: 'a key that is deleted by hand during a rotation',
    check: async (subject) => {
      const userName = await subject.user();
      const { accessKeyId } = await subject.accessKey(userName);
      await remove(subject, userName, accessKeyId);
      await subject.sees(
        'whether it is answered',
        async () =>
          (await refusalOf(
            subject.iam.send(new GetAccessKeyLastUsedCommand({ AccessKeyId: accessKeyId })),
          )) === undefined,
        false,
      );
    },
  }),
  statement({
    id: 'user-has-id-and-arn',
    says: 'GetUser gives the user’s unique ID, and an ARN that contains the path.',
    source: 'IAM API, User; IAM User Guide, IAM identifiers',
    matters: 'a key’s owner is compared by unique ID; permissions are by ARN',
    check: async (subject) => {
      const UserName = await subject.user();
      await subject.sees(
        'the answer',
        async () => {
          const { User } = await subject.iam.send(new GetUserCommand({ UserName }));
          return {
            id: (User?.UserId ?? '') !== '',
            arn:
              User?.Arn === `arn:aws:iam::${subject.accountId}:user${iamPathOf(subject.region)}${UserName}`,
          };
        },
        { id: true, arn: true },
      );
    },
  }),
  statement({
    id: 'tags-of-a-user',
    says: 'GetUser gives the tags that TagUser has set, and a tag key in another case is the same tag.',
    source: 'IAM API, TagUser and User; IAM User Guide, tags for IAM users: tag keys are not case-sensitive',
    matters: 'a mark on the user says whose rotation it is',
    check: async (subject) => {
      const UserName = await subject.user();
      const tag = (Key: string, Value: string) =>
        subject.iam.send(new TagUserCommand({ UserName, Tags: [{ Key, Value }] }));
      await accepted('tagging the user', tag('Rotated-By', 'one'));
      await accepted('tagging it in another case', tag('rotated-by', 'two'));
      await subject.sees('the tags', async () => {
        const { User } = await subject.iam.send(new GetUserCommand({ UserName }));
        return (User?.Tags ?? []).map(({ Key = '', Value }) => [Key.toLowerCase(), Value]);
      }, [['rotated-by', 'two']]);
    },
  }),
  statement({
    id: 'same-name-other-user',
    says: 'A user that is deleted and created again under the same name has another unique ID, and none of the keys.',
    source: 'IAM User Guide, IAM identifiers, unique identifiers',
    matters: 'test-access-key compares the unique ID, so that a namesake is not taken for the user',
    check: async (subject) => {
      const UserName = await subject.user();
      const before = await subject.iam.send(new GetUserCommand({ UserName }));
      await subject.iam.send(new DeleteUserCommand({ UserName }));
      await subject.eventually('the user, created again', async () => {
        const name = await refusalOf(
          subject.iam.send(new CreateUserCommand({ UserName, Path: iamPathOf(subject.region) })),
        );
        return name === undefined ? true : undefined;
      });
      const after = await subject.iam.send(new GetUserCommand({ UserName }));
      holds(before.User?.UserId !== after.User?.UserId, 'the unique ID is the same');
      same('the number of keys', (await list(subject, UserName)).length, 0);
    },
  }),
  statement({
    id: 'user-with-keys-stays',
    says: 'A user that has access keys cannot be deleted: DeleteConflict.',
    source: 'IAM API, DeleteUser, introduction and errors',
    matters: 'there are no keys without a user',
    check: async (subject) => {
      const UserName = await subject.user();
      await subject.accessKey(UserName);
      await refused(
        'deleting it',
        subject.iam.send(new DeleteUserCommand({ UserName })),
        'DeleteConflictException',
      );
    },
  }),
  statement({
    id: 'names-differ-in-more-than-case',
    says: 'A user whose name differs from another’s only in case is refused with EntityAlreadyExists.',
    source: 'IAM API, CreateUser, UserName: “Names are not distinguished by case.”',
    matters: 'the configuration refuses such pairs too',
    check: async (subject) => {
      await subject.user('Name');
      await refused('creating it', subject.user('NAME'), 'EntityAlreadyExistsException');
    },
  }),
];
