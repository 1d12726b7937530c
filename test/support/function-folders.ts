import { RECORD_FOLDER } from '../../lambdas/shared/contract/recorded';
import { STEP_NAMES } from '../../lambdas/shared/contract/steps';
import { SURVEY_FOLDER } from '../../lambdas/shared/contract/survey';
import { ANSWER_EXPOSED_KEY_FOLDER } from '../../lib/exposed-keys';
import { DEPLOYMENT_FOLDERS } from '../../lib/secrets/secrets-resource';
import { TELL_END_FOLDER } from '../../lib/untold-ends';

/** The folders of all functions. */
export const FUNCTION_FOLDERS: readonly string[] = [
  ...STEP_NAMES,
  TELL_END_FOLDER,
  ANSWER_EXPOSED_KEY_FOLDER,
  SURVEY_FOLDER,
  RECORD_FOLDER,
  ...DEPLOYMENT_FOLDERS,
];
