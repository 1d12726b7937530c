/**
 * The steps of a rotation, in the order in which a healthy rotation takes them. Each is a folder of this
 * directory, one Lambda function, and one placeholder of the state machine definition.
 */
export const STEP_NAMES = [
  'plan-rotation',
  'stop-execution',
  'create-access-key',
  'test-access-key',
  'publish-access-key',
  'confirm-adoption',
  'deactivate-access-key',
  'trace-leaked-key',
  'confirm-health',
  'reactivate-access-key',
  'delete-access-key',
] as const;

/** The name of a step: its folder under `lambdas/`. */
export type StepName = (typeof STEP_NAMES)[number];

/**
 * The placeholder of a step's function ARN in the state machine definition: `create-access-key` becomes
 * `CreateAccessKey`.
 */
export const stepPlaceholder = (step: StepName): string =>
  step.replace(/(^|-)([a-z])/g, (_match, _dash, letter: string) => letter.toUpperCase());
