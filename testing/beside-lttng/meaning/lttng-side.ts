import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startLttng } from '../tools.ts';
import { LineProcess } from './line-process.ts';
import { type Side, succeed, type Told } from './side.ts';
import { type Action, actionWords, type Condition, type Trigger } from './triggers.ts';

const HERE = fileURLToPath(new URL('.', import.meta.url));

/** The real lttng with a program that is instrumented with LTTng-UST, and a client of liblttng-ctl. */
export async function startLttngSide(directory: string): Promise<Side> {
  mkdirSync(directory, { recursive: true });
  const emitter = compile('emitter', directory, ['-I', HERE, '-llttng-ust', '-ldl']);
  const watcher = compile('watcher', directory, ['-llttng-ctl']);
  const tool = startLttng(directory);
  const told: Told[] = [];
  const program = new LineProcess([emitter], tool.surroundings);
  const client = new LineProcess(
    [watcher],
    tool.surroundings,
    (line) => !line.startsWith('{"trigger"'),
    (line) => told.push({ occurrences: 1, captures: [], ...JSON.parse(line) }),
  );
  await program.says();

  async function ask(line: string): Promise<unknown> {
    const { answer, error } = JSON.parse(await client.ask(line));
    if (error !== undefined) throw new Error(`lttng: ${line}: ${error}`);
    return answer;
  }

  const side: Side = {
    tool,
    name: 'lttng',
    destroysFirst: true,
    pid: program.pid,
    told,
    emit: async (event, n) => void (await program.ask(`${event} ${n}`)),
    async addTrigger({ name, condition, actions }: Trigger) {
      if (condition.kind === 'event-rule-matches') {
        await succeed(
          side,
          `add-trigger --name=${name} --condition=${condition.kind} ${condition.words} ${actionWords(actions)}`,
        );
      } else {
        await ask(`add ${name} ${conditionWords(condition)} ${actions.map(actionWord).join(' ')}`);
      }
      await ask(`subscribe ${name}`);
    },
    removeTrigger: async (name) => void (await ask(`remove ${name}`)),
    failures: async (name) => (await ask(`errors ${name}`)) as number[],
    async end() {
      await Promise.all([program.end(), client.end()]);
      await tool.end();
    },
  };
  return side;
}

/** @returns the program's path */
function compile(program: string, directory: string, options: readonly string[]): string {
  const path = join(directory, program);
  execFileSync('gcc', ['-O1', '-Wall', '-Wextra', '-Werror', '-o', path, join(HERE, `${program}.c`), ...options]);
  return path;
}

/** @see watcher.c */
function conditionWords(condition: Exclude<Condition, { kind: 'event-rule-matches' }>): string {
  switch (condition.kind) {
    case 'usage-high':
    case 'usage-low':
      return `${condition.kind} ${condition.session} ${condition.channel} ${condition.threshold}`;
    case 'consumed-size':
      return `${condition.kind} ${condition.session} ${condition.bytes}`;
    default:
      return `${condition.kind} ${condition.session}`;
  }
}

function actionWord({ kind, session, policy }: Action): string {
  return `${kind}${session === undefined ? '' : `/${session}`}${policy === undefined ? '' : `@${policy}`}`;
}
