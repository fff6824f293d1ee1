/** Key of the global object where all copies of the tracer in a thread find the thread's registry. */
export const REGISTRY_KEY = Symbol.for('ringtail.thread-registry.1');
