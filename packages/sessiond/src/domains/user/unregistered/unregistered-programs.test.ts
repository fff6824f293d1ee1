import { describe, expect, it } from 'vitest';
import type { Program, ProgramTroubles } from '../diagnosis/program-troubles.ts';
import type { Preload, ProcessView, SeenProcess } from './process-view.ts';
import { UnregisteredPrograms } from './unregistered-programs.ts';

const PRELOAD: Preload = { NODE_OPTIONS: '--import=file:///x/tracer/dist/index.js', RINGTAIL_RUNDIR: '/run/x' };
const COMMAND = 10;

/** Processes that a test makes up, looked at when it says so. */
class World {
  readonly processes = new Map<number, SeenProcess & { preload: Preload | undefined }>();
  readonly registered = new Set<number>();
  readonly told: string[] = [];
  readonly withdrawn: number[] = [];
  nowMs = 0;
  #tick = (): void => {};
  /** What the daemon reads of programs when it is asked to. */
  onDrain = (): void => {};
  readonly programs: UnregisteredPrograms;

  constructor() {
    const view: ProcessView = {
      pids: () => [...this.processes.keys()],
      originOf: (pid) => this.processes.get(pid),
      inspect: (pid) => this.processes.get(pid),
      preloadOf: (pid) => this.processes.get(pid)?.preload,
      ownerOf: () => ({ uid: 1, gid: 1 }),
    };
    const tell = (_: unknown, sentence: string): void => void this.told.push(sentence);
    const troubles = {
      add: tell,
      addUnregistered: tell,
      registeredLate: ({ pid }: Program) => this.withdrawn.push(pid),
      forget: () => {},
    } as unknown as ProgramTroubles;
    this.programs = new UnregisteredPrograms({
      view,
      troubles,
      registeredPids: () => this.registered,
      drainApplications: () => this.onDrain(),
      isWanted: () => true,
      timers: {
        nowMs: () => this.nowMs,
        after: (_, run) => {
          this.#tick = run;
          return { cancel: () => {} };
        },
      },
    });
    this.programs.sessionsChanged();
  }

  run(pid: number, parent: number, more: Partial<SeenProcess & { preload: Preload | undefined }> = {}): void {
    const name = `p${pid}.js`;
    const seen = {
      pid,
      parent,
      startTime: '1',
      argumentsAt: String(pid),
      commandLine: `node ${name}`,
      nodeProgram: name,
    };
    this.processes.set(pid, { ...seen, preload: PRELOAD, ...more });
  }

  /** Looks, and looks again once the processes have ended. */
  lookAndEnd(...pids: readonly number[]): void {
    this.#tick();
    for (const pid of pids) this.processes.delete(pid);
    this.#tick();
  }

  lookAfter(ms: number): void {
    this.nowMs += ms;
    this.#tick();
  }
}

function commandWorld(): World {
  const world = new World();
  world.run(COMMAND, 1, { nodeProgram: undefined, commandLine: 'sh' });
  world.programs.watchCommand(COMMAND, PRELOAD);
  return world;
}

describe('of a command', () => {
  it('a program that has ended without registering is told, with the variables that it lacked', () => {
    const world = commandWorld();
    world.run(11, COMMAND, { preload: {} });
    world.run(12, 11, { preload: { ...PRELOAD, RINGTAIL_RUNDIR: '/other' } });
    world.run(13, 11, { preload: { ...PRELOAD, NODE_OPTIONS: `${PRELOAD.NODE_OPTIONS} --no-warnings` } });
    world.lookAndEnd(11, 12, 13);
    expect(
      world.told.map((line) => /^(\S+) .*?: (?:its environment lacks )?(.*?)(?: of|,)/.exec(line)?.slice(1)),
    ).toEqual([
      ['p11.js', 'NODE_OPTIONS and RINGTAIL_RUNDIR'],
      ['p12.js', 'RINGTAIL_RUNDIR'],
      ['p13.js', 'its tracer could not start'],
    ]);
  });

  it('a program whose options restrict its permissions is told with that cause', () => {
    const world = commandWorld();
    const restricted = 'node\0--permission\0--allow-fs-read=*\0p11.js';
    world.run(11, COMMAND, { commandLine: restricted });
    world.run(12, COMMAND, { preload: { ...PRELOAD, NODE_OPTIONS: `${PRELOAD.NODE_OPTIONS} --permission` } });
    world.run(13, COMMAND, { commandLine: 'node\0p13.js\0--permission' });
    world.lookAndEnd(11, 12, 13);
    expect(world.told.map((line) => line.includes('--permission'))).toEqual([true, true, false]);
  });

  it('a program is not told that has registered, be it that the daemon reads it after its end', () => {
    const world = commandWorld();
    world.run(11, COMMAND);
    world.run(12, COMMAND);
    world.programs.heardOf(11);
    world.onDrain = () => world.programs.heardOf(12);
    world.lookAndEnd(11, 12);
    expect(world.told).toEqual([]);
  });

  it('a program that was told is withdrawn once it registers, also if it ends at once, and no other of its number', () => {
    const world = commandWorld();
    for (const pid of [11, 12, 13, 14]) world.run(pid, COMMAND);
    world.programs.heardOf(14);
    world.lookAfter(0);
    world.lookAfter(40_000);
    expect(world.told.map((line) => line.split(' ')[0])).toEqual(['p11.js', 'p12.js', 'p13.js']);
    world.programs.heardOf(11);
    world.run(13, COMMAND, { startTime: '2' });
    world.programs.heardOf(13);
    world.onDrain = () => world.programs.heardOf(12);
    world.lookAndEnd(12);
    expect([world.withdrawn, world.told.length]).toEqual([[11, 12], 3]);
  });

  it('a process is not told that still looks like the program that started it', () => {
    const world = commandWorld();
    world.run(11, COMMAND);
    world.programs.heardOf(11);
    world.run(12, 11, { argumentsAt: '11', commandLine: 'node p11.js', nodeProgram: 'p11.js' });
    world.lookAndEnd(12);
    expect(world.told).toEqual([]);
  });

  it('a program that goes on is told after a while, or at once when the session stops', () => {
    for (const end of [(world: World) => world.lookAfter(40_000), (world: World) => world.programs.settle()]) {
      const world = commandWorld();
      world.run(11, COMMAND, { preload: {} });
      world.run(12, COMMAND);
      world.lookAfter(100);
      expect(world.told).toEqual([]);
      end(world);
      const [lacking, starting] = world.told;
      expect(world.told).toHaveLength(2);
      expect(lacking).toContain('p11.js ran in Node.js and did not register: its environment lacks NODE_OPTIONS');
      expect(starting).toContain(
        'p12.js ran in Node.js and did not register: its tracer could not start, or it is still',
      );
      world.lookAndEnd(11, 12);
      expect(world.told).toHaveLength(2);
    }
  });
});

describe('of a registered program', () => {
  it('a program that it starts is told only if the tracer was preloaded and is not any more', () => {
    for (const [preload, child, expected] of [
      [PRELOAD, {}, ['p21.js']],
      [PRELOAD, PRELOAD, []],
      [{}, {}, []],
      [{ NODE_OPTIONS: '--max-old-space-size=99' }, {}, []],
    ] as const) {
      const world = new World();
      world.run(20, 1, { preload });
      world.registered.add(20);
      world.programs.heardOf(20);
      world.run(21, 20, { preload: child });
      world.run(22, 1, { preload: {} });
      world.lookAndEnd(21, 22);
      expect(world.told.map((line) => line.split(' ')[0])).toEqual(expected);
    }
  });
});
