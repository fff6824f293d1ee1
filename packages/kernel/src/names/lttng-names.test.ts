import { describe, expect, it } from 'vitest';
import { isLeftOut, lttngFieldName, lttngMinus, lttngName } from './lttng-names.ts';

describe('lttngName', () => {
  it.each([
    ['syscalls', 'sys_enter_openat', 'syscall_entry_openat'],
    ['syscalls', 'sys_exit_newfstatat', 'syscall_exit_newfstatat'],
    ['sched', 'sched_switch', 'sched_switch'],
    ['irq', 'softirq_raise', 'irq_softirq_raise'],
    ['irq', 'irq_handler_entry', 'irq_handler_entry'],
    ['irq', 'tasklet_entry', 'tasklet_entry'],
    ['timer', 'hrtimer_start', 'timer_hrtimer_start'],
    ['timer', 'itimer_state', 'timer_itimer_state'],
    ['timer', 'timer_start', 'timer_start'],
    ['kmem', 'kmalloc', 'kmem_kmalloc'],
    ['kmem', 'kfree', 'kmem_kfree'],
    ['kmem', 'mm_page_alloc', 'kmem_mm_page_alloc'],
    ['kmem', 'kmem_cache_alloc', 'kmem_cache_alloc'],
    ['power', 'cpu_idle', 'power_cpu_idle'],
    ['power', 'cpu_frequency', 'power_cpu_frequency'],
    ['net', 'netif_receive_skb', 'net_if_receive_skb'],
    ['net', 'napi_gro_receive_entry', 'net_napi_gro_receive_entry'],
    ['net', 'net_dev_queue', 'net_dev_queue'],
    ['skb', 'kfree_skb', 'skb_kfree'],
    ['skb', 'consume_skb', 'skb_consume'],
    ['exceptions', 'page_fault_user', 'x86_exceptions_page_fault_user'],
    ['irq_vectors', 'local_timer_entry', 'x86_irq_vectors_local_timer_entry'],
    ['writeback', 'balance_dirty_pages', 'writeback_balance_dirty_pages'],
    ['writeback', 'folio_wait_writeback', 'writeback_folio_wait'],
    ['writeback', 'writeback_start', 'writeback_start'],
    ['vmscan', 'mm_shrink_slab_start', 'mm_vmscan_shrink_slab_start'],
    ['compaction', 'mm_compaction_begin', 'compaction_begin'],
    ['printk', 'console', 'printk_console'],
    ['kvm', 'kvm_entry', 'kvm_x86_entry'],
    ['kvm', 'kvm_userspace_exit', 'kvm_userspace_exit'],
    ['kvmmmu', 'kvm_mmu_get_page', 'kvm_mmu_get_page'],
    ['kvmmmu', 'mark_mmio_spte', 'kvm_mmu_mark_mmio_spte'],
    ['btrfs', 'add_delayed_tree_ref', 'btrfs_add_delayed_tree_ref'],
    ['block', 'block_rq_issue', 'block_rq_issue'],
    ['signal', 'signal_generate', 'signal_generate'],
  ])('names %s:%s %s', (system, kernelName, name) => {
    expect(lttngName(system, kernelName)).toBe(name);
  });
});

describe('names of fields', () => {
  it('calls threads tid in events of the scheduler only', () => {
    expect(lttngFieldName('sched', 'pid')).toBe('tid');
    expect(lttngFieldName('sched', 'prev_pid')).toBe('prev_tid');
    expect(lttngFieldName('signal', 'pid')).toBe('pid');
  });

  it('counts priorities of the scheduler from the first normal one', () => {
    expect(['prio', 'prev_prio', 'oldprio', 'pid'].map((name) => lttngMinus('sched', name))).toEqual([
      100, 100, 100, 0,
    ]);
    expect(lttngMinus('signal', 'prio')).toBe(0);
  });

  it('leaves the number of a system call out', () => {
    expect(isLeftOut('syscalls', '__syscall_nr')).toBe(true);
    expect(isLeftOut('sched', '__syscall_nr')).toBe(false);
  });
});
