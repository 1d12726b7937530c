import type { Template } from '../../../local/deployment/template';
import { appOf } from '../support/deployed';

/*
 * The rules and their function as they are deployed: the synthesized template, the bundle, and what its role may.
 */

const { deploy, template } = appOf([{ userName: 'alice' }]);

/** The template, with other properties of the one resource of a type whose ID has this in it. */
const changed = (
  type: string,
  part: string,
  change: (properties: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>,
): Template => ({
  ...template(),
  Resources: Object.fromEntries(
    Object.entries(template().Resources).map(([id, resource]) => [
      id,
      resource.Type === type && id.includes(part)
        ? { ...resource, Properties: change(resource.Properties ?? {}) }
        : resource,
    ]),
  ),
});

/** Somebody stops a rotation. What people are told within an hour. */
const toldOfStop = async (deployed: Template) => {
  const world = await deploy(deployed);
  await world.run(async () => {
    const execution = await world.start({ userName: 'alice' });
    await world.clock.sleep(60_000);
    execution.stop('ByHand');
    await world.clock.sleep(3_600_000);
  });
  const { logs, aws } = world;
  return {
    messages: aws.sns.messages.map(({ subject, attributes }) => [subject, attributes]),
    log: logs.filter(({ functionName }) => functionName.includes('UntoldEnds')).map(({ message }) => message),
  };
};

test('a rotation that somebody stopped is told to those whom it concerns', async () => {
  const { messages, log } = await toldOfStop(template());
  const attributes = { user: 'alice', event: 'RotationEndedUntold', urgent: 'no' };
  expect(messages).toEqual([
    [
      '[alice @ 111122223333/us-east-1] a rotation ended and has not told why (RotationEndedUntold)',
      attributes,
    ],
  ]);
  expect(log).toEqual([{ execution: expect.any(String), status: 'ABORTED', ...attributes }]);
});

const UNDELIVERED = [[expect.stringMatching(/^ALARM: ".*AlarmsUndelivered/), {}]];

test('what its role may not publish lies in the queue, and the alarm tells', async () => {
  const without = (action: string) =>
    changed('AWS::IAM::Policy', 'UntoldEndsRole', (properties) => ({
      ...properties,
      PolicyDocument: {
        Statement: (
          properties.PolicyDocument as { readonly Statement: readonly { Action: unknown }[] }
        ).Statement.filter(({ Action }) => Action !== action),
      },
    }));
  expect((await toldOfStop(without('sns:Publish'))).messages).toEqual(UNDELIVERED);
});

test('an event that a rule may not hand on lies in the queue, and the alarm tells', async () => {
  const closed = changed('AWS::Lambda::Permission', 'UntoldEnds', (properties) => ({
    ...properties,
    SourceArn: 'arn:aws:events:us-east-1:111122223333:rule/another',
  }));
  expect((await toldOfStop(closed)).messages).toEqual(UNDELIVERED);
});
