// The session daemon under LTTng's name, by which the scripts find it.
process.title = 'lttng-sessiond';
await import(import.meta.resolve('@ringtail/sessiond/main'));
