#!/usr/bin/env node
// STAND-IN for systemctl --user: starts and stops one unit as systemd does, as far as Ringtail's unit file needs it.
// enable --now and start run ExecStart. stop sends SIGTERM to the main process, or without KillMode=mixed to all
// processes that descend from it, and fails if one of them still runs after TimeoutStopSec.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const [verb] = process.argv.slice(2).filter((word) => !word.startsWith('-'));
const name = process.argv.at(-1);
const directory = join(homedir(), '.config', 'systemd', 'user');
const unit = readFileSync(join(directory, `${name}.service`), 'utf8');
const pidFile = join(directory, `${name}.stand-in`);
const setting = (key) => new RegExp(`^${key}=(.*)$`, 'm').exec(unit)?.[1];

if (verb === 'enable' || verb === 'start') {
  const [command, ...args] = setting('ExecStart').split(' ');
  const daemon = spawn(command, args, { detached: true, stdio: 'ignore' });
  writeFileSync(pidFile, `${daemon.pid}`);
  daemon.unref();
  const socket = join(process.env.RINGTAIL_RUNDIR, 'client.sock');
  while (!existsSync(socket)) {
    if (daemon.exitCode !== null) throw new Error(`${name} ended with ${daemon.exitCode}`);
    await pause(20);
  }
} else if (verb === 'stop') {
  const main = Number(readFileSync(pidFile, 'utf8'));
  const all = controlGroupOf(main);
  for (const pid of setting('KillMode') === 'mixed' ? [main] : all) process.kill(pid, 'SIGTERM');
  const until = Date.now() + Number(setting('TimeoutStopSec')) * 1000;
  while (all.some((pid) => existsSync(`/proc/${pid}`))) {
    if (Date.now() > until) throw new Error(`${name} did not end: systemd kills it with SIGKILL`);
    await pause(20);
  }
} else {
  throw new Error(`the stand-in for systemctl has no ${verb}`);
}

/** A process and its descendants. */
function controlGroupOf(main) {
  const parents = new Map(
    readdirSync('/proc')
      .filter((entry) => /^\d+$/.test(entry))
      .map((pid) => [Number(pid), parentOf(pid)]),
  );
  const members = [main];
  for (const member of members) {
    for (const [pid, parent] of parents) if (parent === member) members.push(pid);
  }
  return members;
}

function parentOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return 0;
  }
}
