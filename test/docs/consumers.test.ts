import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import SCHEMA from '../../consumer/conformance/document.schema.json';
import { RestartServiceOnNewKey } from '../../docs/examples/restart-ec2-service';

/*
 * What docs/consumers.md tells, held against what there is. Its examples for Python run in test:e2e.
 */

const ROOT = join(__dirname, '..', '..');
const read = (...path: readonly string[]): string => readFileSync(join(ROOT, ...path), 'utf8');
const page = read('docs', 'consumers.md');

it('explains every finding of the doctor, and no other', () => {
  const code = read('consumer', 'command', 'diagnosis.ts');
  const known = [...code.matchAll(/'([a-z]+(?:-[a-z]+)+)'/g)].map(([, name = '']) => name);
  const table = page.slice(page.indexOf('| code '), page.indexOf('## Proxies'));
  const told = [...table.matchAll(/^\| (`[^|]*)\|/gm)].flatMap(([, cell = '']) =>
    cell.match(/[a-z]+(?:-[a-z]+)+/g),
  );
  expect(told.filter((name) => !known.includes(name ?? ''))).toEqual([]);
  const sources = ['key-in-credentials', 'key-in-config', 'credential-process'];
  expect([...new Set(known)].filter((name) => !told.includes(name) && !sources.includes(name))).toEqual([]);
});

it.each(['rotated_credentials.py', 'RotatedKey.java'])('has an example that is short: %s', (name) => {
  const lines = read('docs', 'examples', name).split('\n');
  expect(lines.filter((line) => line.trim() !== '').length).toBeLessThanOrEqual(38);
  expect(lines.filter((line) => line.length > 125)).toEqual([]);
});

describe('the example for External Secrets Operator', () => {
  const manifest = read('docs', 'examples', 'external-secret.yaml');

  it('takes fields that the document has', () => {
    const fields = [...manifest.matchAll(/property: (\w+)/g)].map(([, field]) => field);
    expect(fields).toEqual(SCHEMA.required);
  });

  it('is quicker than the shortest overlap period, with time for new pods', () => {
    const minutes = Number(/refreshInterval: (\d+)m/.exec(manifest)?.[1]);
    expect(minutes).toBeGreaterThan(0);
    expect(minutes).toBeLessThanOrEqual(45);
  });

  it('starts pods that have the Secret which it writes', () => {
    const name = /target:\n {4}name: (\S+)/.exec(manifest)?.[1] ?? '';
    expect(manifest).toContain(`reload: ${name} `);
    expect(manifest).toContain(`secretRef: { name: ${name} }`);
  });
});

describe('the example for EC2', () => {
  const stack = new Stack(new App({ builtinCloudFormationValidation: false }), 'Example');
  new RestartServiceOnNewKey(stack, 'Restart', {
    userName: 'alice',
    tag: { key: 'app', value: 'shop' },
    service: 'shop.service',
  });
  const template = Template.fromStack(stack);

  it('restarts the service where the tag is, when the key is published', () => {
    template.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: {
        source: ['iam-access-key-rotation'],
        'detail-type': ['Access Key Published'],
        detail: { userName: ['alice'] },
      },
      Targets: [
        {
          Input: '{"commands":["systemctl restart shop.service"]}',
          RunCommandParameters: { RunCommandTargets: [{ Key: 'tag:app', Values: ['shop'] }] },
        },
      ],
    });
  });

  it('may do nothing else', () => {
    const [policy] = Object.values(template.findResources('AWS::IAM::Policy'));
    expect(policy?.Properties.PolicyDocument.Statement).toMatchObject([
      { Action: 'ssm:SendCommand', Effect: 'Allow' },
      {
        Action: 'ssm:SendCommand',
        Effect: 'Allow',
        Condition: { StringEquals: { 'ssm:resourceTag/app': 'shop' } },
      },
    ]);
  });
});
