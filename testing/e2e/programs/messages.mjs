// Messages without types: tracef and tracelog, one of them with a value that cannot be shown.
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
