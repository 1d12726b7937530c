/**
 * The command beside the deployed app in the embedded AWS: it runs in this process, as a person with policies of the stack, and what it
 * writes is kept. For docs/command.md, and for the tests of the command.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as commands from '../../command/commands';
import { run } from '../../command/program';
import type { Surroundings } from '../../command/shell';
import {
  createDeployedWorld,
  type DeployedWorld,
  type DeployedWorldOptions,
} from '../../local/deployment/deployed-world';
import type { SynthesizedApp } from '../../local/deployment/synthesized-app';
import type { Template } from '../../local/deployment/template';
import { enrolledUsers } from '../../local/world/scene';
import { MadeUpIds } from '../../simulation/recorded/made-up-ids';

/** Who runs the command, with the policies of the stack that such a person has, and what comes from the account. */
export const PEOPLE = {
  /** Nobody has attached anything. */
  Nobody: { has: '', policies: /^$/, account: [] },
  Reader: { has: 'reader', policies: /People(Log)?Reader/, account: [] },
  Auditor: {
    has: 'reader',
    policies: /People(Log)?Reader/,
    account: [
      ...['cloudtrail:LookupEvents', 'logs:DescribeLogGroups', 'secretsmanager:GetResourcePolicy'],
      ...['cloudwatch:DescribeAlarms', 'iam:SimulatePrincipalPolicy', 'iam:GetRole'],
    ],
  },
  Operator: { has: 'reader, operator', policies: /People((Log)?Reader|Operator)/, account: [] },
  Responder: { has: 'emergency', policies: /PeopleEmergency/, account: [] },
  Admin: { has: 'reader, operator, emergency', policies: /People/, account: [] },
  Owner: {
    has: 'reader',
    policies: /People(Log)?Reader/,
    account: [
      'secretsmanager:GetSecretValue',
      'secretsmanager:PutSecretValue',
      'secretsmanager:UpdateSecretVersionStage',
    ],
  },
} as const;
type Person = keyof typeof PEOPLE;

const withPeople = (template: Template): Template => ({
  ...template,
  Resources: {
    ...Object.fromEntries(
      Object.entries(template.Resources).map(([id, resource]) => [
        id,
        resource.Type === 'AWS::IAM::ManagedPolicy' && /People/.test(id)
          ? {
              ...resource,
              Properties: {
                ...resource.Properties,
                Roles: Object.entries(PEOPLE).flatMap(([person, { policies }]) =>
                  policies.test(id) ? [{ Ref: person }] : [],
                ),
              },
            }
          : resource,
      ]),
    ),
    ...Object.fromEntries(
      Object.entries(PEOPLE).flatMap(([person, { account }]) => [
        [person, { Type: 'AWS::IAM::Role' }],
        ...(account.length === 0
          ? []
          : [
              [
                `${person}Policy`,
                {
                  Type: 'AWS::IAM::Policy',
                  Properties: {
                    Roles: [{ Ref: person }],
                    PolicyDocument: { Statement: [{ Effect: 'Allow', Action: account, Resource: '*' }] },
                  },
                },
              ],
            ]),
      ]),
    ),
  },
});

/** What a command has written, and how it has ended. */
export interface Ran {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
  /** Both, as a terminal shows them. */
  readonly all: string;
}

/** How a command is run. */
export interface RunOptions {
  readonly as?: Person;
  /** What the person at the terminal answers. Default: nobody is there. */
  readonly answer?: string;
  /** What is piped in. Default: nothing. */
  readonly input?: string;
  /** Whether a configuration is there. Default: yes. */
  readonly configured?: boolean;
  /** Called with what is written as it is written. */
  readonly onOut?: (text: string) => void;
}

/** The command in a world. */
export interface CommandStage extends DeployedWorld {
  /** Has the configuration. */
  readonly directory: string;
  /** Runs the command to its end; within `run` of the world. */
  readonly command: (args: readonly string[], options?: RunOptions) => Promise<Ran>;
  /** The same, from outside. */
  readonly type: (line: string, options?: RunOptions) => Promise<Ran>;
}

/** Deploys an app of these users, with people beside it. */
export const stageOf = async (
  app: SynthesizedApp,
  users: readonly object[],
  options: DeployedWorldOptions = {},
  around: object = {},
): Promise<CommandStage> => {
  const directory = mkdtempSync(join(tmpdir(), 'command-'));
  const empty = mkdtempSync(join(tmpdir(), 'command-'));
  writeFileSync(join(directory, 'rotation.config.json'), JSON.stringify({ ...around, users }));
  const template = withPeople(app.template);
  const world = await createDeployedWorld({ ...app, template }, enrolledUsers(users, {}, around), {
    ids: new MadeUpIds(1),
    ...options,
  });
  const { aws, server } = world;
  const sessions = new Map(
    Object.keys(PEOPLE).map((person) => [
      person,
      aws.roleCredentials(`arn:aws:iam::${aws.accountId}:role/${person}`, 'alex'),
    ]),
  );
  const command: CommandStage['command'] = async (
    args,
    { as = 'Operator', answer, input, configured = true, onOut = () => {} } = {},
  ) => {
    let out = '';
    let err = '';
    let all = '';
    const surroundings: Surroundings = {
      out: (text) => {
        out += text;
        all += text;
        onOut(text);
      },
      err: (text) => {
        err += text;
        all += text;
      },
      ask:
        answer === undefined
          ? undefined
          : async (question) => {
              all += `${question}${answer}\n`;
              return answer;
            },
      readInput: input === undefined ? undefined : async () => input,
      directory: configured ? directory : empty,
      clientConfig: {
        region: aws.region,
        endpoint: server.url,
        credentials: sessions.get(as) as NonNullable<ReturnType<typeof sessions.get>>,
      },
    };
    // Loading from the disk takes real time, of which the virtual clock does not know.
    const exit = await run(args, surroundings, async () => commands);
    return { exit, out, err, all };
  };
  return {
    ...world,
    directory,
    command,
    type: (line, runOptions) => world.run(() => command(line.split(' '), runOptions)),
    close: async () => {
      rmSync(directory, { recursive: true });
      rmSync(empty, { recursive: true });
      await world.close();
    },
  };
};
