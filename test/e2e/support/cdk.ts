import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CONFIG_CONTEXT_KEY } from '../../../lib/config';
import type { Cleanup } from './cleanup';
import { run } from './processes';

const PROJECT = join(__dirname, '..', '..', '..');
const CLI = join(PROJECT, 'node_modules', '.bin', 'cdk');

/** The outputs of the deployed stack. */
export interface StackOutputs {
  readonly StateMachineArn: string;
  readonly SurveyLogGroupName: string;
  readonly NotificationTopicArn: string;
  readonly ChatTopicArn: string;
  readonly DeadLetterQueueUrl: string;
}

/** What the CDK is to deploy, where to, and where it may write. */
export interface CdkOptions {
  /** Name of the stack. */
  readonly stack: string;
  readonly account: string;
  readonly region: string;
  /** How the account is reached. */
  readonly environment: Readonly<Record<string, string>>;
  readonly scratch: string;
  readonly cleanup: Cleanup;
}

/** The app with one configuration, as the command line tool finds it. */
export interface ConfiguredApp {
  /** The directory from which the command line tool is called. */
  readonly directory: string;
  /** The synthesized app. */
  readonly assembly: string;
}

/**
 * The pinned command line tool of the CDK, used as a customer uses it. It writes only into scratch
 * directories.
 */
export class Cdk {
  readonly #options: CdkOptions;
  readonly #home: string;

  constructor(options: CdkOptions) {
    this.#options = options;
    this.#home = join(options.scratch, 'home');
  }

  /**
   * A directory with the cdk.json of the repository, in which only the configuration differs. The app's
   * command is the repository's, and runs there.
   */
  async configure(name: string, configuration: unknown): Promise<ConfiguredApp> {
    const directory = join(this.#options.scratch, name);
    await mkdir(directory, { recursive: true });
    const settings = JSON.parse(await readFile(join(PROJECT, 'cdk.json'), 'utf8')) as {
      readonly app: string;
      readonly context: Readonly<Record<string, unknown>>;
    };
    const assembly = join(directory, 'cdk.out');
    const changed = {
      ...settings,
      app: `cd "${PROJECT}" && ${settings.app}`,
      output: assembly,
      context: { ...settings.context, [CONFIG_CONTEXT_KEY]: configuration },
    };
    await writeFile(join(directory, 'cdk.json'), JSON.stringify(changed));
    return { directory, assembly };
  }

  /** Prepares the account. This needs no app, and would synthesize it for nothing. */
  async bootstrap(): Promise<void> {
    await mkdir(this.#home, { recursive: true });
    const { account, region } = this.#options;
    await this.#cdk(this.#home, 'bootstrap', `aws://${account}/${region}`);
  }

  /** Synthesizes the app, so that a later deployment finds it done. */
  async synthesize(app: ConfiguredApp): Promise<void> {
    await this.#cdk(app.directory, 'synth', '--quiet');
  }

  /** Synthesizes and deploys the app. With `synthesized` it deploys the existing result. */
  async deploy(app: ConfiguredApp, synthesized = false): Promise<StackOutputs> {
    const { stack } = this.#options;
    const outputs = join(app.directory, 'outputs.json');
    const from = synthesized ? ['--app', app.assembly] : [];
    await this.#cdk(
      app.directory,
      'deploy',
      // Not the stack that forwards events of exposed keys from another Region, where there is nothing.
      stack,
      ...from,
      '--require-approval',
      'never',
      '--outputs-file',
      outputs,
    );
    return (JSON.parse(await readFile(outputs, 'utf8')) as Record<string, StackOutputs>)[
      stack
    ] as StackOutputs;
  }

  /** Removes the stack. */
  async destroy(app: ConfiguredApp): Promise<void> {
    await this.#cdk(
      app.directory,
      'destroy',
      '--app',
      app.assembly,
      '--force',
      '--exclusively',
      this.#options.stack,
    );
  }

  async #cdk(directory: string, ...args: readonly string[]): Promise<void> {
    const { environment, region, scratch, cleanup } = this.#options;
    await run(
      {
        command: CLI,
        args: [...args, '--no-notices'],
        cwd: directory,
        logFile: join(scratch, 'cdk.log'),
        env: {
          ...environment,
          CDK_HOME: this.#home,
          CDK_DISABLE_CLI_TELEMETRY: 'true',
          AWS_REGION: region,
          AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
        },
      },
      cleanup,
    );
  }
}
