// The consumer daemon with report-heap.mjs, since it is started without NODE_OPTIONS.
import './report-heap.mjs';

await import('../../packages/cli/bundle/ringtail-consumerd.js');
