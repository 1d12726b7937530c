import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { completeDeployment } from '../../lib/config';
import { senderKeyGrants } from '../../lib/permissions/key-permissions';
import { resourcePolicyAllows } from '../../local/deployment/permissions';

const page = readFileSync(join(__dirname, '..', '..', 'docs', 'deployment.md'), 'utf8');

type Statement = Readonly<Record<string, unknown>> & {
  readonly Sid: string;
  readonly Principal: { readonly Service?: string; readonly AWS?: string };
};

const [, text = '{}'] = /<!-- key-policy:begin -->\n```json\n(.*?)```/s.exec(page) ?? [];
const { Statement: STATEMENTS } = JSON.parse(text) as { readonly Statement: readonly Statement[] };

/** What the documented policy of a key allows to a principal. */
const allows = (
  principal: Statement['Principal'],
  action: string,
  conditions: Readonly<Record<string, readonly string[]>> = {},
): boolean =>
  resourcePolicyAllows(
    'the key',
    {
      Statement: STATEMENTS.filter(
        ({ Principal }) => JSON.stringify(Principal) === JSON.stringify(principal),
      ),
    },
    { action, resource: 'arn:aws:kms:eu-west-1:111122223333:key/1', conditions },
  );

const LOGS = { Service: 'logs.eu-west-1.amazonaws.com' };
const LOG_GROUP = 'arn:aws:logs:eu-west-1:111122223333:log-group:/aws/vendedlogs/states/machine/1';
const ofGroup = (arn: string) => ({ 'kms:EncryptionContext:aws:logs:arn': [arn] });
const OURS = { 'aws:SourceAccount': ['111122223333'] };
const via = (service: string, account = '111122223333') => ({
  'kms:CallerAccount': [account],
  'kms:ViaService': [`${service}.eu-west-1.amazonaws.com`],
});

describe('the policy of a key', () => {
  test.each(['kms:Decrypt', 'kms:GenerateDataKey'])('lets every service do %s that has to', (action) => {
    expect(allows(LOGS, action, ofGroup(LOG_GROUP))).toBe(true);
    expect(allows({ Service: 'cloudwatch.amazonaws.com' }, action, OURS)).toBe(true);
    expect(allows({ Service: 'events.amazonaws.com' }, action)).toBe(true);
    expect(allows({ AWS: '*' }, action, via('logs'))).toBe(true);
  });

  test.each(['kms:Decrypt', 'kms:GenerateDataKey'])('lets nobody else do %s', (action) => {
    expect(allows(LOGS, action, ofGroup(LOG_GROUP.replace('111122223333', '444455556666')))).toBe(false);
    expect(allows(LOGS, action)).toBe(false);
    expect(
      allows({ Service: 'cloudwatch.amazonaws.com' }, action, { 'aws:SourceAccount': ['444455556666'] }),
    ).toBe(false);
    expect(allows({ AWS: '*' }, action, via('logs', '444455556666'))).toBe(false);
    expect(allows({ AWS: '*' }, action, via('s3'))).toBe(false);
  });

  test('lets the grants of the stack’s roles count', () => {
    const [grant] = senderKeyGrants({ ...completeDeployment(), encryptionKeyArn: 'a key' }, 'sns');
    expect(grant?.actions.length).toBeGreaterThan(0);
    for (const action of grant?.actions ?? []) {
      expect(allows({ AWS: 'arn:aws:iam::111122223333:root' }, action)).toBe(true);
    }
  });

  test('has a reason for each statement', () => {
    const ofPolicy = page.slice(page.indexOf('| statement '), page.indexOf('### What notices'));
    const explained = [...ofPolicy.matchAll(/^\| `([A-Z]\w+)` +\|/gm)].map(([, sid]) => sid);
    expect(explained).toEqual(STATEMENTS.map(({ Sid }) => Sid));
  });
});
