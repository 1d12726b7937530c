import { EmbeddedAws } from '../../../embedded-aws/embedded-aws';
import { SES_REGIONS } from '../../../lambdas/shared/contract/document-fields';
import { smtpPassword } from '../../../lambdas/shared/secret/ses-smtp';

const scene = () => {
  const aws = new EmbeddedAws({ behaviour: { statusPropagationDelay: 5_000, keyPropagationDelay: 5_000 } });
  aws.iam.addUser({ userName: 'alice' });
  const { accessKeyId, secretAccessKey } = aws.iam.addAccessKey('alice');
  const send = (password: string, region = 'eu-west-1') => aws.ses.send(accessKeyId, password, region);
  const later = (ms: number) => aws.clock.run(() => aws.clock.sleep(ms));
  return { aws, accessKeyId, secretAccessKey, send, later };
};

test('SES accepts the password that the rotation derives for each Region', async () => {
  const { secretAccessKey, send, later } = scene();
  await later(5_000);
  for (const region of SES_REGIONS) expect(send(smtpPassword(secretAccessKey, region), region)).toBe(true);
  expect(send(smtpPassword(secretAccessKey, 'us-east-1'), 'eu-west-1')).toBe(false);
  expect(send(secretAccessKey)).toBe(false);
});

test('a message is a use of the key, and an Inactive key sends none', async () => {
  const { aws, accessKeyId, secretAccessKey, send, later } = scene();
  const password = smtpPassword(secretAccessKey, 'eu-west-1');
  expect(send(password)).toBe(false);
  await later(5_000);
  expect(send(password)).toBe(true);
  const used = aws.iam.snapshot()[0]?.keys[0]?.uses.at(-1);
  expect(used).toMatchObject({ service: 'ses', region: 'eu-west-1' });
  aws.iam.setStatus(accessKeyId, 'Inactive');
  expect(send(password)).toBe(true);
  await later(5_000);
  expect(send(password)).toBe(false);
  expect(aws.ses.send('AKIANOSUCHKEY0000000', password, 'eu-west-1')).toBe(false);
});
