// The session daemon under LTTng's name, by which the scripts find it.
process.title = 'lttng-sessiond';
await import('../../../packages/cli/bundle/ringtail-sessiond.js');
