/** Contexts that records of the kernel can have. */
const SUPPORTED: readonly string[] = ['tid'];

/** LTTng's further contexts of the kernel. */
const LTTNG = `pid procname prio nice vpid vtid ppid vppid hostname interruptible preemptible need_reschedule migratable
  callstack-kernel callstack-user cgroup_ns ipc_ns mnt_ns net_ns pid_ns time_ns user_ns uts_ns uid euid suid gid egid
  sgid vuid veuid vsuid vgid vegid vsgid`.split(/\s+/);

/** Names of all contexts of the domain, including those that cannot be recorded. */
export function knownContexts(): readonly string[] {
  return [...SUPPORTED, ...LTTNG];
}

export function isKnownContext(name: string): boolean {
  return knownContexts().includes(name);
}

/** Why a context cannot be recorded; null: it can. */
export function contextRefusal(name: string): string | null {
  if (SUPPORTED.includes(name)) return null;
  if (name === 'cpu_id') return 'each packet of the kernel has it anyway';
  return isKnownContext(name) ? 'not supported yet for events of the kernel' : 'the kernel has no context of this name';
}
