import { PAUSE_TAG } from '../../lambdas/shared/contract/names';
import { STEP_NAMES, stepPlaceholder } from '../../lambdas/shared/contract/steps';
import { createDeployedWorld } from '../../local/deployment/deployed-world';
import { type RoleStatement, roleStatements } from '../../local/deployment/permissions';
import { type SynthesizedApp, synthesize } from '../../local/deployment/synthesized-app';
import { type Template, TemplateResolver } from '../../local/deployment/template';
import { enrolledUsers } from '../../local/world/scene';
import { simulate } from '../../simulation/play/simulate';
import type { Schedule } from '../../simulation/schedule/schedule';
import { VALIDATOR } from '../../simulation/schedule/setting';
import { addValidator } from '../support/alice';
import { shortRole } from '../support/grants';
import type { EverythingOn } from './configuration';
import { type RecordedCall, Recorder } from './recorder';
import type { Story } from './stories';
import { statementsOfText, type WrittenStatement, writtenStatements } from './written-policies';

/** The account and the Region of the embedded AWS. */
const PLACE = { accountId: '111122223333', region: 'us-east-1' };

/** The policies of a configuration. */
export interface Policies {
  /** Those of roles, as the runner reads them. */
  readonly statements: readonly RoleStatement[];
  /** All that the template has, as they are written. */
  readonly written: readonly WrittenStatement[];
}

/** What is played. */
export interface Plays {
  readonly stories: readonly Story[];
  readonly schedules: readonly Schedule[];
}

/** Calls, and the policies that they are compared with. */
export interface Compared extends Policies {
  readonly calls: readonly RecordedCall[];
  /** The policies that the stack's functions have put on secrets. */
  readonly ofSecrets: readonly WrittenStatement[];
}

const policiesIn = ({ template, stackName }: SynthesizedApp): Policies => {
  const resolver = new TemplateResolver(template, { stackName, ...PLACE });
  return {
    statements: roleStatements(template, resolver),
    written: writtenStatements(template, resolver),
  };
};

/** The policies of a configuration. */
export const policiesOf = async ({ configuration }: EverythingOn): Promise<Policies> => {
  const app = await synthesize(configuration);
  try {
    return policiesIn(app);
  } finally {
    await app.dispose();
  }
};

/** What stories are recorded into. */
interface Notes {
  readonly recorder: Recorder;
  readonly policies: Policies;
  /** By its text, each policy that a secret was given. */
  readonly secretPolicies: Map<string, readonly WrittenStatement[]>;
}

const playStory = async (
  { user: config, configuration }: EverythingOn,
  { title, key, settings = {}, template = (one: Template) => one, play }: Story,
  { recorder, policies, secretPolicies }: Notes,
): Promise<void> => {
  const told = { ...config, ...settings };
  const app = await synthesize({ ...configuration, users: [told] });
  try {
    if (JSON.stringify(policiesIn(app)) !== JSON.stringify(policies)) {
      throw new Error(`In ${title}, the policies are not those that calls are compared with.`);
    }
    const roles = new Set(policies.statements.map(({ role }) => role));
    const users = enrolledUsers([told]);
    const world = await createDeployedWorld({ ...app, template: template(app.template) }, users, {
      ...(key && { key }),
      onRequest: recorder.of(title, (role) => (roles.has(role) ? role : undefined)),
    });
    try {
      addValidator(world, VALIDATOR, () => ({ healthy: true, reason: 'all is well' }));
      for (const user of users) {
        // A new user may be paused: the consumers have moved.
        world.aws.secretsManager.setTag(user.secretId, PAUSE_TAG, undefined);
        await world.run(() => play(world, user));
        const policy = world.aws.secretsManager.secret(user.secretId)?.policy;
        if (policy !== undefined) {
          secretPolicies.set(policy, statementsOfText(`the policy of ${user.secretId}`, policy));
        }
      }
    } finally {
      await world.close();
    }
  } finally {
    await app.dispose();
  }
};

/** The template's name of the role that the fault simulation calls after a step. */
const roleOfStep = ({ statements }: Policies): ((role: string) => string | undefined) => {
  const roles = [...new Set(statements.map(({ role }) => role))];
  const bySimulated = new Map(
    STEP_NAMES.map((step) => [
      step,
      roles.find((role) => shortRole(role) === `Steps${stepPlaceholder(step)}`),
    ]),
  );
  return (simulated) =>
    STEP_NAMES.flatMap((step) => (simulated.endsWith(`-${step}`) ? [bySimulated.get(step)] : []))[0];
};

/**
 * Records the calls of roles in stories of the deployed stack and in schedules of the fault simulation, with the policies that they
 * are to be compared with. The simulation has the functions without the stack, and roles with names of its own. Its state machine
 * has one role where the stack has two, so that a state machine's calls are those of the stories alone.
 */
export const record = async (everything: EverythingOn, { stories, schedules }: Plays): Promise<Compared> => {
  const policies = await policiesOf(everything);
  const notes: Notes = { recorder: new Recorder(), policies, secretPolicies: new Map() };
  for (const story of stories) await playStory(everything, story, notes);
  const nameOf = roleOfStep(policies);
  for (const schedule of schedules) {
    const note = notes.recorder.of(`the schedule ${JSON.stringify(schedule)}`, nameOf);
    await simulate(schedule, {
      settings: everything.user,
      // Whether it is allowed is compared afterwards, so that one denial does not hide the next.
      authorize: (request) => {
        note(request);
        return true;
      },
    });
  }
  return {
    ...policies,
    calls: notes.recorder.calls,
    ofSecrets: [...notes.secretPolicies.values()].flat(),
  };
};
