export { groupName, groupNumber, userName, userNumber } from '@ringtail/posix/accounts';
