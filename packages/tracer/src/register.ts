/** `node --import @ringtail/tracer/register app.js`: registers before the application's first line. */
import './index.ts';
