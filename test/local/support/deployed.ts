import {
  createDeployedWorld,
  type DeployedWorld,
  type DeployedWorldOptions,
} from '../../../local/deployment/deployed-world';
import { type SynthesizedApp, synthesize } from '../../../local/deployment/synthesized-app';
import type { Template } from '../../../local/deployment/template';
import { enrolledUsers } from '../../../local/world/scene';
import { SHORT_PERIODS } from '../../support/alice';

/** Settings with which a rotation is soon over; nobody's key is at risk here. */
const SHORT = { ...SHORT_PERIODS, idleAfter: 'PT1H', force: true };

/**
 * The app of these users, synthesized once for the tests of a file, and thrown away after them.
 *
 * @param configs - the users as in cdk.json; each has short periods
 * @param around - what stands beside them
 */
export const appOf = (configs: readonly object[], around: object = {}) => {
  const users = configs.map((config) => ({ ...SHORT, ...config }));
  let app: SynthesizedApp;
  let world: DeployedWorld | undefined;
  beforeAll(async () => {
    app = await synthesize({ ...around, users });
  }, 120_000);
  afterEach(async () => {
    await world?.close();
    world = undefined;
  });
  afterAll(() => app.dispose());
  return {
    template: (): Template => app.template,
    /** Deploys it into a world of its own, which is closed when the test ends. Default: with the template as it is. */
    deploy: async (
      template: Template = app.template,
      options: DeployedWorldOptions = {},
    ): Promise<DeployedWorld> => {
      world = await createDeployedWorld({ ...app, template }, enrolledUsers(users, {}, around), options);
      return world;
    },
  };
};
