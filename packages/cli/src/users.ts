export { groupName, groupNumber, userName, userNumber } from '@ringtail/session-file/accounts';
