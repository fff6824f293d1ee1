/**
 * Names of LTTng for the kernel's events and their fields.
 *
 * LTTng's kernel tracer names some events differently from the kernel, and analyses of its traces expect its names.
 * Events without a rule keep the name that the kernel gives them.
 */

/** Renames the events of a system: the LTTng name; undefined if the event keeps its name. */
type Rename = (name: string) => string | undefined;

const prefixed =
  (prefix: string, names: RegExp): Rename =>
  (name) =>
    names.test(name) ? `${prefix}${name}` : undefined;

const replaced =
  (start: string, by: string): Rename =>
  (name) =>
    name.startsWith(start) ? `${by}${name.slice(start.length)}` : undefined;

const exactly =
  (name: string, by: string): Rename =>
  (event) =>
    event === name ? by : undefined;

/** Events of the system kvm that all architectures have. */
const KVM_OF_ALL =
  /^kvm_(?:ack_irq|age_|async_pf_|dirty_ring_|fpu|halt_poll_ns|ioapic_set_irq|mmio|msi_set_irq|set_irq|test_age_|try_async|unmap_|userspace_exit|vcpu_wakeup)/;

const RENAMES: ReadonlyMap<string, readonly Rename[]> = new Map([
  ['syscalls', [replaced('sys_enter_', 'syscall_entry_'), replaced('sys_exit_', 'syscall_exit_')]],
  ['irq', [prefixed('irq_', /^softirq_/)]],
  ['timer', [prefixed('timer_', /^(?:hrtimer|itimer)_/)]],
  ['kmem', [prefixed('kmem_', /^(?:kmalloc|kfree$|mm_page_)/)]],
  ['power', [prefixed('power_', /^(?:cpu_idle|cpu_frequency|clock_|wakeup_source_|machine_suspend)/)]],
  ['net', [replaced('netif_', 'net_if_'), prefixed('net_', /^napi_gro_/)]],
  ['skb', [exactly('kfree_skb', 'skb_kfree'), exactly('consume_skb', 'skb_consume')]],
  ['exceptions', [prefixed('x86_exceptions_', /^page_fault_/)]],
  ['irq_vectors', [prefixed('x86_irq_vectors_', /^/)]],
  [
    'writeback',
    [
      prefixed('writeback_', /^(?:balance_dirty_pages|bdi_dirty_ratelimit|global_dirty_state)$/),
      exactly('folio_wait_writeback', 'writeback_folio_wait'),
    ],
  ],
  ['vmscan', [replaced('mm_shrink_slab_', 'mm_vmscan_shrink_slab_')]],
  ['compaction', [replaced('mm_compaction_', 'compaction_')]],
  ['printk', [exactly('console', 'printk_console')]],
  ['kvm', [(name) => (KVM_OF_ALL.test(name) ? undefined : replaced('kvm_', 'kvm_x86_')(name))]],
  ['kvmmmu', [prefixed('kvm_mmu_', /^(?!kvm_)/)]],
  ['random', [prefixed('random_', /^(?!random_)/)]],
  ['regmap', [prefixed('regmap_', /^(?!regmap_)/)]],
  ['btrfs', [replaced('add_delayed_', 'btrfs_add_delayed_'), replaced('run_delayed_', 'btrfs_run_delayed_')]],
]);

/** LTTng's name of an event. */
export function lttngName(system: string, kernelName: string): string {
  for (const rename of RENAMES.get(system) ?? []) {
    const name = rename(kernelName);
    if (name !== undefined) return name;
  }
  return kernelName;
}

/** LTTng's name of a field. */
export function lttngFieldName(system: string, field: string): string {
  if (system !== 'sched') return field;
  // The kernel says pid where it means one thread.
  if (field === 'pid') return 'tid';
  return field.endsWith('_pid') ? `${field.slice(0, -'pid'.length)}tid` : field;
}

/** LTTng subtracts this number from the kernel's value: priorities of the scheduler count from the first normal one. */
export function lttngMinus(system: string, field: string): number {
  return system === 'sched' && field.endsWith('prio') ? 100 : 0;
}

/** Whether LTTng leaves a field out. */
export function isLeftOut(system: string, field: string): boolean {
  return system === 'syscalls' && field === '__syscall_nr';
}
