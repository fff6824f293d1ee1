/** Next steps for refusals of the session daemon, by code. `SESSION` stands for the session's name. */
const NEXT_STEPS: Readonly<Record<string, string>> = {
  SESSION_EXISTS: 'choose another name, or end it first: ringtail destroy SESSION',
  NAME_TAKEN: 'choose another name',
  OUTPUT_IN_USE: 'choose another directory',
  CHANNEL_NAME_NEEDED: 'with -c CHANNEL; ringtail list SESSION names them',
  OWNERSHIP_MISMATCH: 'write --buffer-ownership as the other channels have it: ringtail list SESSION shows it',
  RULE_EXISTS: 'ringtail list SESSION shows the rules',
  NO_RULE: 'ringtail list SESSION shows the rules',
  BAD_CONTEXT: 'ringtail add-context --list lists the contexts',
  UNKNOWN_CONTEXT: 'ringtail add-context --list lists the contexts',
  STARTED_ONCE: 'add contexts between ringtail create and ringtail start',
  NEVER_STARTED: 'ringtail start SESSION starts it',
  NOT_STARTED: 'ringtail start SESSION starts it',
  NOT_A_SNAPSHOT_SESSION: 'make one with: ringtail create --snapshot NAME',
  NO_SNAPSHOT_OUTPUT: 'ringtail snapshot list-output -s SESSION lists them, ringtail snapshot add-output DIR adds one',
  SNAPSHOT_OUTPUT_EXISTS: 'ringtail snapshot del-output removes one',
  ROTATION_PENDING: 'try again when it is done; ringtail list SESSION shows the newest archive',
  ROTATION_SCHEDULE_SET: 'unset it first: ringtail disable-rotation --timer, or --size',
  NO_ROTATION_SCHEDULE: 'ringtail list SESSION shows the schedules',
  MAP_EXISTS: 'choose another name; ringtail list SESSION shows the maps',
  CONSUMER_UNAVAILABLE: 'try again; sessiond.log in the run directory says more',
};

export function nextStep(code: string, session: string): string | undefined {
  return Object.hasOwn(NEXT_STEPS, code) ? NEXT_STEPS[code]?.replaceAll('SESSION', session) : undefined;
}
