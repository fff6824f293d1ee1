// Formatted messages: tracef and tracelog, one of them with a value that cannot be printed.
import { tracef, tracelog } from '@ringtail/tracer';

function place() {
  tracelog('warning', 'disk at %d %%', 93);
}

tracef('hello %s', 'world');
place();
tracef('%s', {
  toString() {
    throw new Error('not me');
  },
});
