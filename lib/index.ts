/*
 * What the package gives to CDK apps of others, and nothing else: docs/package.md. What is not named here may change at any time.
 */
export { AccessKeyRotation, type AccessKeyRotationProps } from './access-key-rotation';
export { ConfigError } from './config/config-error';
export { readConfiguration } from './config/source';
export type {
  DefaultSettings,
  NotificationSettings,
  RotationSettings,
  SettingsOfDeployment,
  UserSettings,
} from './config/written-settings';
