import {
  DeleteAccessKeyCommand,
  DeleteUserPolicyCommand,
  GetUserCommand,
  ListAccessKeysCommand,
  PutUserPolicyCommand,
  UpdateAccessKeyCommand,
} from '@aws-sdk/client-iam';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { same } from '../deviation';
import { accepted, answerOf, refusalOf, type Statement, statementsAbout } from '../statement';
import { type Credentials, iamPathOf, type Subject } from '../subject';

/** The answer of STS to a key: `accepted`, or the name of the refusal. */
const answerTo =
  (subject: Subject, key: Credentials, clockOffsetMs?: number) => async (): Promise<string> => {
    try {
      await subject.as(key, clockOffsetMs).sts.send(new GetCallerIdentityCommand({}));
      return 'accepted';
    } catch (error) {
      const answer = answerOf(error);
      if (answer === undefined) throw error;
      return answer;
    }
  };

const setStatus = ({ iam }: Subject, UserName: string, { accessKeyId }: Credentials, status: string) =>
  iam.send(
    new UpdateAccessKeyCommand({
      UserName,
      AccessKeyId: accessKeyId,
      Status: status as 'Active' | 'Inactive',
    }),
  );

const EXPIRED_MS = -20 * 60 * 1000;

const statement = statementsAbout('STS');

export const stsStatements: readonly Statement[] = [
  statement({
    id: 'who-a-key-belongs-to',
    says: 'GetCallerIdentity answers a user’s key with the unique ID, the account and the ARN of the user.',
    source: 'STS API, GetCallerIdentity, response',
    matters: 'test-access-key: the new key works and is the user’s',
    check: async (subject) => {
      const UserName = await subject.user();
      const key = await subject.accessKey(UserName);
      const { User } = await subject.iam.send(new GetUserCommand({ UserName }));
      await subject.sees('the answer to the key', answerTo(subject, key), 'accepted');
      const { UserId, Account, Arn } = await accepted(
        'GetCallerIdentity',
        subject.as(key).sts.send(new GetCallerIdentityCommand({})),
      );
      same(
        'the answer',
        {
          userId: UserId === User?.UserId ? 'the user’s' : 'another',
          account: Account === subject.accountId ? 'the account' : 'another',
          arn: Arn?.replace(subject.accountId, 'ACCOUNT').replace(UserName, 'NAME'),
        },
        {
          userId: 'the user’s',
          account: 'the account',
          arn: `arn:aws:iam::ACCOUNT:user${iamPathOf(subject.region)}NAME`,
        },
      );
    },
  }),
  statement({
    id: 'no-permission-needed',
    says: 'GetCallerIdentity answers even if the user has no permission at all.',
    source: 'STS API, GetCallerIdentity, introduction',
    matters: 'a key is tested without giving its user any permission',
    check: async (subject) => {
      const UserName = await subject.user();
      const key = await subject.accessKey(UserName);
      await subject.sees('the answer to the key', answerTo(subject, key), 'accepted');
      await subject.sees(
        'the answer to ListAccessKeys, which needs a permission',
        () => refusalOf(subject.as(key).iam.send(new ListAccessKeysCommand({ UserName }))),
        'AccessDenied',
      );
    },
  }),
  statement({
    id: 'explicit-deny-ignored',
    says: 'GetCallerIdentity answers even if a policy of the user denies it.',
    source: 'STS API, GetCallerIdentity, introduction',
    matters: 'the deny policy of the runbook does not disturb the test of a new key',
    check: async (subject) => {
      const UserName = await subject.user();
      const key = await subject.accessKey(UserName);
      const PolicyName = 'deny-everything';
      subject.removeLater(`the policy of ${UserName}`, ({ iam }) =>
        iam.send(new DeleteUserPolicyCommand({ UserName, PolicyName })),
      );
      await subject.iam.send(
        new PutUserPolicyCommand({
          UserName,
          PolicyName,
          PolicyDocument: JSON.stringify({
            Version: '2012-10-17',
            Statement: [{ Effect: 'Deny', Action: '*', Resource: '*' }],
          }),
        }),
      );
      await subject.sees('the answer to the key', answerTo(subject, key), 'accepted');
    },
  }),
  statement({
    id: 'inactive-key',
    says: 'An Inactive key is refused with InvalidClientTokenId, and accepted when it is Active again.',
    source: 'IAM API, AccessKeyMetadata, Status; STS API, Common Errors: InvalidClientTokenId',
    matters: 'setting the old key Inactive stops it, and one call brings it back',
    check: async (subject) => {
      const userName = await subject.user();
      const key = await subject.accessKey(userName);
      await subject.sees('the answer to the new key', answerTo(subject, key), 'accepted');
      await setStatus(subject, userName, key, 'Inactive');
      await subject.sees('the answer to the Inactive key', answerTo(subject, key), 'InvalidClientTokenId');
      await setStatus(subject, userName, key, 'Active');
      await subject.sees('the answer to the key that is Active again', answerTo(subject, key), 'accepted');
    },
  }),
  statement({
    id: 'deleted-key',
    says: 'A deleted key is refused with InvalidClientTokenId.',
    source: 'STS API, Common Errors: InvalidClientTokenId',
    matters: 'test-access-key distinguishes a key that AWS does not know from a failed call',
    check: async (subject) => {
      const UserName = await subject.user();
      const key = await subject.accessKey(UserName);
      await subject.sees('the answer to the new key', answerTo(subject, key), 'accepted');
      await subject.iam.send(new DeleteAccessKeyCommand({ UserName, AccessKeyId: key.accessKeyId }));
      await subject.sees('the answer to the deleted key', answerTo(subject, key), 'InvalidClientTokenId');
    },
  }),
  statement({
    id: 'unknown-key',
    says: 'A key ID that AWS never issued is refused with InvalidClientTokenId.',
    source: 'STS API, Common Errors: InvalidClientTokenId',
    matters: 'a new key that is not yet known everywhere looks the same',
    check: async (subject) => {
      const key = { accessKeyId: `AKIA${'X'.repeat(16)}`, secretAccessKey: 'x'.repeat(40) };
      await subject.sees('the answer', answerTo(subject, key), 'InvalidClientTokenId');
    },
  }),
  statement({
    id: 'wrong-secret',
    says: 'A key with a wrong secret is refused with SignatureDoesNotMatch.',
    source: 'IAM User Guide, Troubleshoot signed requests for AWS APIs',
    matters: 'test-access-key finds a key that was stored wrongly',
    check: async (subject) => {
      const key = await subject.accessKey(await subject.user());
      const wrong = { ...key, secretAccessKey: 'x'.repeat(40) };
      await subject.sees('the answer to the new key', answerTo(subject, key), 'accepted');
      await subject.sees('the answer to the wrong secret', answerTo(subject, wrong), 'SignatureDoesNotMatch');
    },
  }),
  statement({
    id: 'expired-signature',
    says: 'A request that was signed 20 minutes ago is refused with SignatureDoesNotMatch.',
    source:
      'IAM User Guide, Troubleshoot signed requests for AWS APIs: “Signature expired”, an error SignatureDoesNotMatch; STS API, Common Errors has RequestExpired for it',
    matters: 'a wrong clock is not a reason to condemn a key: the SDK corrects it by the answer’s date',
    check: async (subject) => {
      const key = await subject.accessKey(await subject.user());
      await subject.sees('the answer to the new key', answerTo(subject, key), 'accepted');
      await subject.sees(
        'the answer to the old signature',
        answerTo(subject, key, EXPIRED_MS),
        'SignatureDoesNotMatch',
      );
    },
  }),
];
