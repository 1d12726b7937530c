import { type SynthesizedApp, synthesize } from '../../local/deployment/synthesized-app';
import { type CommandStage, stageOf } from '../../tools/docs/command-stage';
import { SHORT_PERIODS } from '../support/alice';
import { HOUR } from '../support/time';

const USERS = ['alice', 'bob'].map((userName) => ({
  ...SHORT_PERIODS,
  userName,
  rotateAfter: 'P90D',
  idleAfter: 'PT1H',
  force: true,
}));

let app: SynthesizedApp;
let stage: CommandStage;
beforeAll(async () => {
  app = await synthesize({ users: USERS });
}, 120_000);
beforeEach(async () => {
  stage = await stageOf(app, USERS);
});
afterEach(() => stage.close());
afterAll(() => app.dispose());

test('probe', async () => {
  const show = (r: object) => console.warn(Object.values(r).join('\n----\n'));
  const { aws, clock } = stage;
  const work = () => {
    const { AccessKeyId } = JSON.parse(aws.secretsManager.valueOf('iam-access-key-rotation/alice') ?? '{}');
    aws.iam.useAccessKey(AccessKeyId);
  };
  clock.setInterval(work, HOUR).unref();
  show(await stage.type('start alice'));
  await stage.run(() => stage.clock.sleep(HOUR));
  show(await stage.type('status'));
  show(await stage.type('rollback alice'));
  show(await stage.type('rollback alice --reason trouble', { answer: 'yes' }));
  show(await stage.type('status'));
  let t = Date.now();
  show(await stage.type('resume alice --watch'));
  console.warn(Date.now() - t);
  const [{ accessKeyId } = { accessKeyId: '' }] = aws.iam.keysOf('bob');
  t = Date.now();
  show(await stage.type(`emergency bob ${accessKeyId} --reason log --yes`));
  console.warn(Date.now() - t);
  show(await stage.type(`emergency bob ${aws.iam.keysOf('bob')[1]?.accessKeyId} --reason log --yes`, { as: 'Responder' }));
  show(await stage.type('pause bob --reason holidays'));
  show(await stage.type('status'));
  show(await stage.type('unpause bob', { configured: false }));
  console.warn(stage.aws.calls.filter(({outcome}) => outcome !== 'ok').slice(0, 5));
});
