/** A package registry on the loopback interface: package managers install from it without a network. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TARBALL_BYTES_MAX = 256 * 1024 ** 2;
/** yarn 4 refuses packages that are younger than a day. */
const PUBLISHED = '2026-01-01T00:00:00.000Z';

/** A package of package-lock.json. Packages for other platforms are not installed. */
interface LockedPackage {
  readonly version: string;
  readonly integrity?: string;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
  readonly link?: boolean;
}

/** Starts a registry with the packages of package-lock.json, until the test ends. @returns its address */
export async function startRegistry(): Promise<string> {
  const folders = lockedFolders();
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '').slice(1);
    const [, name = '', file] = /^((?:@[^/]+\/)?[^/]+)(?:\/-\/(.+)\.tgz)?$/.exec(path) ?? [];
    const versions = folders.get(name);
    if (versions === undefined) return refuse(response, `there is no ${path} here`);
    if (file === undefined) {
      response.setHeader('content-type', 'application/json');
      return response.end(JSON.stringify(packument(name, versions, `http://${request.headers.host}`)));
    }
    const [, found] = [...versions].find(([version]) => file === `${basename(name)}-${version}`) ?? [];
    if (found === undefined || !existsSync(found.folder)) return refuse(response, `${file} is not installed here`);
    response.setHeader('content-type', 'application/octet-stream');
    return response.end(tarballOf(found.folder));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

type Versions = Map<string, { readonly folder: string; readonly locked: LockedPackage }>;

/** Folders of the locked packages by name and version. */
function lockedFolders(): Map<string, Versions> {
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
  const folders = new Map<string, Versions>();
  for (const [path, locked] of Object.entries<LockedPackage>(packages)) {
    const at = path.lastIndexOf('node_modules/');
    if (at < 0 || locked.link === true) continue;
    const name = path.slice(at + 'node_modules/'.length);
    const versions: Versions = folders.get(name) ?? new Map();
    if (!versions.has(locked.version)) versions.set(locked.version, { folder: join(ROOT, path), locked });
    folders.set(name, versions);
  }
  return folders;
}

/** Answer of a registry about a package; its latest version is the one of the top folder. */
function packument(name: string, versions: Versions, address: string): object {
  const manifests = [...versions].map(([version, { folder, locked }]) => {
    const tarball = `${address}/${name}/-/${basename(name)}-${version}.tgz`;
    if (!existsSync(folder)) {
      const { os, cpu, libc, integrity } = locked;
      return [version, { name, version, os, cpu, libc, dist: { tarball, integrity } }];
    }
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const integrity = `sha512-${createHash('sha512').update(tarballOf(folder)).digest('base64')}`;
    return [version, { ...manifest, dist: { tarball, integrity } }];
  });
  return {
    name,
    'dist-tags': { latest: [...versions.keys()][0] },
    time: Object.fromEntries([...versions.keys()].map((version) => [version, PUBLISHED])),
    versions: Object.fromEntries(manifests),
  };
}

const tarballs = new Map<string, Buffer>();

function tarballOf(folder: string): Buffer {
  const known = tarballs.get(folder);
  if (known !== undefined) return known;
  const names = ['--exclude=node_modules', `--transform=s,^${basename(folder)},package,`, basename(folder)];
  const words = ['-C', dirname(folder), '--use-compress-program=gzip -1', '-c', ...names];
  const { status, stdout } = spawnSync('tar', words, { maxBuffer: TARBALL_BYTES_MAX });
  if (status !== 0) throw new Error(`tar cannot pack ${folder}`);
  tarballs.set(folder, stdout);
  return stdout;
}

function refuse(response: ServerResponse, reason: string): void {
  response.writeHead(404, { 'content-type': 'application/json' }).end(JSON.stringify({ error: reason }));
}
