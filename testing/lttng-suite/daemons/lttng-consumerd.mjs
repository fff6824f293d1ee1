// The consumer daemon under LTTng's name, by which the scripts find it.
process.title = 'lttng-consumerd';
await import('../../../packages/cli/bundle/ringtail-consumerd.js');
