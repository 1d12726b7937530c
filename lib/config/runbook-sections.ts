/** The sections of docs/runbook.md that alarms send people to, by their anchors. */
export const RUNBOOK_SECTIONS = {
  failed: 'a-rotation-failed',
  timedOut: 'a-rotation-timed-out',
  throttled: 'rotations-cannot-start',
  notDeclared: 'an-emergency-did-not-begin',
  undelivered: 'a-start-or-a-message-was-not-delivered',
} as const;

/** The sections of docs/runbook.md that the survey's alarms send people to, by their anchors. */
export const SURVEY_RUNBOOK_SECTIONS = {
  noHeartbeat: 'the-survey-has-not-run',
  overdue: 'a-key-is-overdue',
  stuck: 'a-rotation-is-stuck',
  drifted: 'awscurrent-holds-no-key-that-works',
  message: 'surveyfindings',
} as const;
